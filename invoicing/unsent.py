"""Units that were credited before they were sent: nobody pays for them, so they are not sent, nor credited again."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from invoicing.models import CreditNote, Invoice

Units = Mapping[int, int]  # by line number
Dated = tuple[datetime, Units]
# What was sent of each of some orders, and when. Orders know it: whoever composes the apps hands it in.
ShipmentsOf = Callable[[Collection[UUID]], Mapping[UUID, Sequence[Dated]]]


def nothing_was_shipped(_order_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Dated]]:
    """What is known of shipments where nobody was asked."""
    return {}


def unsent_units(credited: Iterable[Dated], shipped: Iterable[Dated]) -> defaultdict[int, int]:
    """The units of each line, by its number, that were credited before they were sent.

    A credit note takes back what was sent by then and not credited yet, and only what is beyond that is unsent. So it
    is settled when the credit note is issued, and does not change with what is sent later.
    """
    sent_uncredited: dict[int, int] = defaultdict(int)
    unsent: defaultdict[int, int] = defaultdict(int)
    steps = [*((at, 0, units) for at, units in shipped), *((at, 1, units) for at, units in credited)]
    for _, is_credit, units in sorted(steps, key=lambda step: step[:2]):
        for line_no, quantity in units.items():
            if not is_credit:
                sent_uncredited[line_no] += quantity
                continue
            of_sent = min(quantity, sent_uncredited[line_no])
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
    credited: dict[UUID, list[Dated]] = defaultdict(list)
    notes = CreditNote.objects.filter(order_id__in=order_ids).order_by()
    for order_id, issued_at, lines in notes.values_list("order_id", "issued_at", "lines"):
        credited[order_id].append((issued_at, {line["line_no"]: line["quantity"] for line in lines}))
    shipped = shipments_of(credited) if credited else {}
    return {order_id: unsent_units(dated, shipped.get(order_id, ())) for order_id, dated in credited.items()}
