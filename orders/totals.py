"""What an order comes to: the one place where amounts are computed. Everyone after copies."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from common.money import rounded_product
from orders.tax_category import Taxation

Reason = tuple[str | None, str | None]  # its code, and the text


class TaxAmount(msgspec.Struct, frozen=True, omit_defaults=True):
    """The tax of all lines of one category and rate, with the reason for a category other than S and Z.

    Orders of before have no `category`: it is S, or Z at a rate of 0.
    """

    rate: Decimal
    net: Decimal
    tax: Decimal
    category: str = ""
    reason_code: str | None = None
    reason: str | None = None


class Totals(msgspec.Struct, frozen=True):
    """Amounts in the order's currency, in its exponent; `taxes` by falling rate, then by category backwards."""

    net: Decimal
    tax: Decimal
    total: Decimal
    taxes: list[TaxAmount]


def strip_trailing_zeros(number: Decimal, unit: Decimal = Decimal(1)) -> Decimal:
    """A number without needless zeros, but with at least the decimals of `unit`: 2.5 in GBP is 2.50."""
    plain, in_units = number.normalize(), number.quantize(unit)
    return in_units if in_units == plain else plain


def line_net(*, quantity: int, unit_price: Decimal, unit: Decimal) -> Decimal:
    return rounded_product(unit_price, quantity, unit)


def total_up(lines: Iterable[tuple[Decimal, Taxation]], unit: Decimal) -> Totals:
    """The totals of lines given as (net, taxation)."""
    taxes = _taxes_of(lines, unit)
    zero = Decimal(0).quantize(unit)
    net = sum((part.net for part in taxes), start=zero)
    tax = sum((part.tax for part in taxes), start=zero)
    return Totals(net=net, tax=tax, total=net + tax, taxes=taxes)


def _taxes_of(lines: Iterable[tuple[Decimal, Taxation]], unit: Decimal) -> list[TaxAmount]:
    """The tax of each category and rate, by falling rate: computed once, on the sum of its lines."""
    net_of: dict[tuple[Decimal, str], Decimal] = defaultdict(Decimal)
    reasons_of: dict[tuple[Decimal, str], list[Reason]] = defaultdict(list)
    for net, taxed in lines:
        key = (taxed.rate, taxed.category)
        net_of[key] += net
        if taxed.reason_code is not None or taxed.reason is not None:
            reasons_of[key].append((taxed.reason_code, taxed.reason))
    taxes = [
        TaxAmount(rate, net_of[rate, category], rounded_product(net_of[rate, category], rate, unit), category)
        for rate, category in sorted(net_of, reverse=True)
    ]
    if not reasons_of:
        return taxes
    return [replace(part, **_reason(reasons_of[part.rate, part.category])) for part in taxes]


def _reason(reasons: list[Reason]) -> dict[str, str | None]:
    """One reason for all lines: where there are several, no code, and their texts one behind the other."""
    different = dict.fromkeys(reasons)
    if len(different) <= 1:
        code, text = next(iter(different), (None, None))
        return {"reason_code": code, "reason": text}
    return {"reason": "; ".join(dict.fromkeys(text or code or "" for code, text in different))}
