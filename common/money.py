"""Amounts of money: decimals of currencies, rounding, and formatting."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Annotated

import iso4217
import msgspec

_EXPONENTS: Mapping[str, int | None] = {currency.value: currency.exponent for currency in iso4217.Currency}


_EXACT = Context(prec=60)  # the digits of the largest amount and of a rate or quantity together, and more

DecimalText = Annotated[str, msgspec.Meta(extra_json_schema={"format": "decimal"})]  # as Decimals are in JSON


def exponent_of(currency: str) -> int | None:
    """The decimals of a currency, 2 for GBP and 0 for JPY; None if it is not in ISO 4217, or no money, such as XAU."""
    return _EXPONENTS.get(currency)


def exponents() -> dict[str, int]:
    """The decimals of all currencies of ISO 4217 that are money."""
    return {currency: exponent for currency, exponent in _EXPONENTS.items() if exponent is not None}


def smallest_unit(currency: str) -> Decimal | None:
    """A currency's smallest amount, 0.01 for GBP and 1 for JPY; None as for `exponent_of`."""
    exponent = exponent_of(currency)
    return None if exponent is None else Decimal(1).scaleb(-exponent)


def round_amount(amount: Decimal, unit: Decimal) -> Decimal:
    """The amount rounded half up to a whole number of `unit`s."""
    return amount.quantize(unit, rounding=ROUND_HALF_UP)


def rounded_product(number: Decimal, factor: Decimal | int, unit: Decimal) -> Decimal:
    """Their product, rounded once, half up to a whole number of `unit`s.

    `number * factor` is rounded to 28 digits by itself, and an amount of 26 digits has more than that with a rate: it
    could be rounded up twice.
    """
    return _EXACT.multiply(number, factor).quantize(unit, rounding=ROUND_HALF_UP, context=_EXACT)


def plain_text(number: Decimal) -> str:
    """A number without trailing zeros and without an exponent, as PostgreSQL's trim_scale writes it: 0.2 for 0.2000."""
    return f"{number.normalize():f}"


def format_amount(amount: Decimal, currency: str) -> str:
    """An amount with the decimals of its currency."""
    return f"{amount:.{exponent_of(currency) or 0}f}"


def format_price(unit_price: Decimal, currency: str) -> str:
    """A price with at least the decimals of its currency, and no trailing zeros beyond."""
    plain = unit_price.normalize()
    decimals = max(exponent_of(currency) or 0, -int(plain.as_tuple().exponent))
    return f"{plain:.{decimals}f}"
