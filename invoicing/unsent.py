"""Units that were credited and are not sent: nobody pays for them, so they are not sent, nor credited again."""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from invoicing.models import CreditNote, Invoice

Units = Mapping[int, int]  # by line number
Dated = tuple[datetime, Units]
# What was sent of each of some orders, and when. Orders know it: whoever composes the apps hands it in.
ShipmentsOf = Callable[[Collection[UUID]], Mapping[UUID, Sequence[Dated]]]
# When what was open of some orders was cancelled, without those of which nothing was.
CancelledAtOf = Callable[[Collection[UUID]], Mapping[UUID, datetime]]


class Credited(NamedTuple):
    """When a credit note was issued, its units, and whether it brought them back to stock."""

    at: datetime
    units: Units
    restock: bool = False


def nothing_was_shipped(_order_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Dated]]:
    """What is known of shipments where nobody was asked."""
    return {}


def no_time_is_known(_order_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
    """When orders were cancelled where nobody was asked."""
    return {}


def unsent_units(
    credited: Iterable[Credited], shipped: Iterable[Dated], cancelled: Dated | None = None
) -> defaultdict[int, int]:
    """The units of each line, by its number, that were credited and are not sent, be it yet or for ever.

    A credit note takes back what was sent by then and not credited yet, and only what is beyond that is unsent. After a
    cancellation it takes back what was cancelled first, unless goods come back: who meant goods that were sent has
    credited too little, and can credit the rest; the other way round, too much would be credited, and for ever. So it
    is settled when the credit note is issued, and does not change with what is sent later.
    """
    shipments = deque(sorted(shipped, key=itemgetter(0)))
    sent_uncredited: dict[int, int] = defaultdict(int)
    unsent: defaultdict[int, int] = defaultdict(int)
    for note in sorted(credited, key=attrgetter("at")):
        while shipments and shipments[0][0] <= note.at:
            for line_no, quantity in shipments.popleft()[1].items():
                sent_uncredited[line_no] += quantity
        cancelled_units = {} if note.restock or cancelled is None or note.at < cancelled[0] else cancelled[1]
        for line_no, quantity in note.units.items():
            of_cancelled = min(quantity, max(0, cancelled_units.get(line_no, 0) - unsent[line_no]))
            of_sent = min(quantity - of_cancelled, sent_uncredited[line_no])
            sent_uncredited[line_no] -= of_sent
            unsent[line_no] += quantity - of_sent
    return unsent


@transaction.atomic(savepoint=False)
def credited_unsent(order_ids: Collection[UUID], *, shipments_of: ShipmentsOf) -> Mapping[UUID, Units]:
    """The units of orders that were credited before they were sent, by order and line; without orders of none.

    Their invoices stay locked until the caller's transaction ends, so that nobody credits what is just being sent.
    """
    list(
        Invoice.objects.select_for_update(no_key=True).filter(order_id__in=order_ids).order_by("number").only("number")
    )
    credited: dict[UUID, list[Credited]] = defaultdict(list)
    stored = CreditNote.objects.filter(order_id__in=order_ids).order_by()
    for order_id, issued_at, lines in stored.values_list("order_id", "issued_at", "lines"):
        credited[order_id].append(Credited(issued_at, {line["line_no"]: line["quantity"] for line in lines}))
    shipped = shipments_of(credited) if credited else {}
    return {order_id: unsent_units(notes, shipped.get(order_id, ())) for order_id, notes in credited.items()}
