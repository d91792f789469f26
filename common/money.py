"""Amounts of money: their smallest unit, and as text."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

import iso4217

_EXPONENTS: Mapping[str, int | None] = {currency.value: currency.exponent for currency in iso4217.Currency}


def exponent_of(currency: str) -> int | None:
    """The decimals of a currency, 2 for GBP and 0 for JPY; None if ISO 4217 has no such currency of use as money."""
    return _EXPONENTS.get(currency)


def exponents() -> dict[str, int]:
    """The decimals of every currency of use as money."""
    return {currency: exponent for currency, exponent in _EXPONENTS.items() if exponent is not None}


def smallest_unit(currency: str) -> Decimal | None:
    """A currency's smallest amount, 0.01 for GBP and 1 for JPY; None if ISO 4217 has no such money."""
    exponent = exponent_of(currency)
    return None if exponent is None else Decimal(1).scaleb(-exponent)


def round_amount(amount: Decimal, unit: Decimal) -> Decimal:
    """Half up to a whole number of `unit`s, as invoices are rounded in trade."""
    return amount.quantize(unit, rounding=ROUND_HALF_UP)


def format_amount(amount: Decimal, currency: str) -> str:
    """An amount with the decimals of its currency."""
    return f"{amount:.{exponent_of(currency) or 0}f}"


def format_price(unit_price: Decimal, currency: str) -> str:
    """A price with at least the decimals of its currency, and no needless zeros beyond."""
    plain = unit_price.normalize()
    decimals = max(exponent_of(currency) or 0, -int(plain.as_tuple().exponent))
    return f"{plain:.{decimals}f}"
