"""What stock cost: the moving average of what its receipts named (docs/decisions). No database here."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from common.money import round_amount, smallest_unit

_AVERAGE_UNIT = Decimal("1e-10")  # so that a million units are worth what they cost to less than a cent
_EXACT = Context(prec=60)  # 10^15 units at 10^12 with 10 decimals have 37 digits


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What one unit cost, 0 or more, in a currency of ISO 4217."""

    amount: Decimal
    currency: str


def unit_cost(amount: Decimal | None, currency: str) -> UnitCost | None:
    """A cost as columns keep it."""
    return None if amount is None else UnitCost(amount, currency)


def average_after_receipt(*, on_hand: int, average: UnitCost | None, received: int, cost: UnitCost) -> UnitCost:
    """The average cost of a unit after `received` units came in at `cost` to `on_hand` others.

    Units of which nobody named a cost count as if they had cost what the others do: the average, or where there is none
    yet, this first cost. Where nothing was on hand the average begins anew, in whichever currency. Whatever else
    happens to units, that they are taken, lost, found or returned, leaves the average as it is.

    Where something is on hand, both costs are in one currency: nothing here says how to convert them.
    """
    if average is None or on_hand == 0:
        return cost
    assert average.currency == cost.currency
    with localcontext(_EXACT):
        mean = (average.amount * on_hand + cost.amount * received) / (on_hand + received)
        return UnitCost(mean.quantize(_AVERAGE_UNIT, rounding=ROUND_HALF_EVEN), cost.currency)


def stock_value(*, on_hand: int, average: UnitCost | None) -> Decimal | None:
    """What the units on hand cost, in the decimals of the currency; None where nobody named a cost."""
    if average is None:
        return None
    with localcontext(_EXACT):
        return round_amount(average.amount * on_hand, smallest_unit(average.currency) or Decimal(1))
