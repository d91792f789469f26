"""What an order comes to: the one place where amounts are computed. Everyone after copies."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from common.money import round_amount


class TaxAmount(msgspec.Struct, frozen=True):
    """The tax of all lines of one rate."""

    rate: Decimal
    net: Decimal
    tax: Decimal


class Totals(msgspec.Struct, frozen=True):
    """Amounts in the order's currency, in its exponent; `taxes` by falling rate."""

    net: Decimal
    tax: Decimal
    total: Decimal
    taxes: list[TaxAmount]


def strip_trailing_zeros(number: Decimal, unit: Decimal = Decimal(1)) -> Decimal:
    """The same number without needless zeros, but with at least the decimals of `unit`: 2.5 in GBP is 2.50."""
    plain, in_units = number.normalize(), number.quantize(unit)
    return in_units if in_units == plain else plain


def line_net(*, quantity: int, unit_price: Decimal, unit: Decimal) -> Decimal:
    return round_amount(quantity * unit_price, unit)


def total_up(lines: Iterable[tuple[Decimal, Decimal]], unit: Decimal) -> Totals:
    """The totals of lines given as (net, tax rate): tax is computed once per rate, on the sum of its lines."""
    net_of: dict[Decimal, Decimal] = defaultdict(Decimal)
    for net, rate in lines:
        net_of[rate] += net
    taxes = [
        TaxAmount(rate=rate, net=net_of[rate], tax=round_amount(net_of[rate] * rate, unit))
        for rate in sorted(net_of, reverse=True)
    ]
    zero = Decimal(0).quantize(unit)
    net = sum(net_of.values(), start=zero)
    tax = sum((part.tax for part in taxes), start=zero)
    return Totals(net=net, tax=tax, total=net + tax, taxes=taxes)
