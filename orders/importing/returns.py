"""What a return takes back: units of the latest earlier orders of its customer.

A return is read as the order would be that it undoes, with quantities above 0; see `Profile.return_profile`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import F

from orders.importing.grouping import RawOrder
from orders.importing.reading import RowProblem
from orders.intake.drafts import LineRequest, OrderRequest
from orders.models import Order, OrderLine
from orders.transitions import Status

NOT_ORDERED = "was not ordered by this customer before"
OTHER_PRICE = "is not what this customer paid for it before"
TOO_MANY = "is more than is left to be credited of this customer's earlier orders of it"

_NEVER_BILLED = (Status.REJECTED, Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line of an order, and how many of its units can be taken back yet."""

    order_id: UUID
    line_no: int
    sku: str
    unit_price: Decimal
    left: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Units of an order's line that line `index` of a return, from 0, takes back."""

    index: int
    line: SoldLine
    units: int


class NothingToTakeBack(Exception):
    """Some lines of a return do not find what they take back: `problems` has the field and why, by index from 0."""

    def __init__(self, problems: dict[int, tuple[str, str]]) -> None:
        super().__init__("; ".join(f"line {index}: {field} {why}" for index, (field, why) in problems.items()))
        self.problems = problems

    def of_rows(self, raw: RawOrder, column_of: Mapping[str, str]) -> list[RowProblem]:
        return [RowProblem(raw.rows[index], column_of[field], why) for index, (field, why) in self.problems.items()]


def match(asked: Sequence[LineRequest], sold: Sequence[SoldLine]) -> list[Taken]:
    """What a return takes back of the lines that were sold, of the first ones first; all that is asked for.

    A line with another price than the return's is none that it takes back: it would credit other than was refunded.

    Raises:
        NothingToTakeBack: names every line of the return that does not find all of its units.
    """
    left = {(line.order_id, line.line_no): line.left for line in sold}
    taken: list[Taken] = []
    problems: dict[int, tuple[str, str]] = {}
    for index, line in enumerate(asked):
        of_sku = [each for each in sold if each.sku == line.sku]
        candidates = [each for each in of_sku if line.unit_price in (None, each.unit_price)]
        wanted = line.quantity
        for each in candidates:
            units = min(wanted, left[each.order_id, each.line_no])
            if units:
                left[each.order_id, each.line_no] -= units
                taken.append(Taken(index, each, units))
                wanted -= units
        if not of_sku:
            problems[index] = ("sku", NOT_ORDERED)
        elif not candidates:
            problems[index] = ("unit_price", OTHER_PRICE)
        elif wanted:
            problems[index] = ("quantity", TOO_MANY)
    if problems:
        raise NothingToTakeBack(problems)
    return taken


def sold_before(request: OrderRequest, at: datetime) -> list[SoldLine]:
    """The lines of what a return names that its customer ordered until then, the latest order first.

    Of imported orders alone, for a file names customers of no client; and not of orders that are never billed. `left`
    is what was ordered and is not cancelled.
    """
    lines = OrderLine.objects.filter(
        sku__in={line.sku for line in request.lines},
        order__customer_id=request.customer_id,
        order__source=Order.Source.IMPORT,
        order__currency=request.currency,
        order__placed_at__lte=at,
    ).exclude(order__status__in=_NEVER_BILLED)
    ordered = lines.order_by("-order__placed_at", "-order_id", "line_no")
    columns = ("order_id", "line_no", "sku", "unit_price", F("quantity") - F("cancelled_quantity"))
    return [SoldLine(*row) for row in ordered.values_list(*columns)]
