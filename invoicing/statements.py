"""The SQL of the invoicing app: what the ORM can't say, or takes several times as long for.

A batch goes over as one JSON document, from which the server takes the columns by their names: a third of the time of
bulk_create, and lines are stored as the event had them. Columns of a newer version get their defaults.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from common.ids import texts_of_ids
from common.sql import execute
from invoicing.credit_notes import CreditNoteSnapshot
from invoicing.events import CancelledLine, OrderCancelled
from invoicing.snapshots import InvoiceSnapshot

_INVOICE = ", ".join(InvoiceSnapshot.__struct_fields__)
_STORE_INVOICES = f"""
    INSERT INTO invoicing_invoice ({_INVOICE})
    SELECT {_INVOICE} FROM jsonb_populate_recordset(NULL::invoicing_invoice, %(invoices)s)
"""  # noqa: S608 - of constants

_CREDIT_NOTE = ", ".join(CreditNoteSnapshot.__struct_fields__)
_STORE_CREDIT_NOTES = f"""
    INSERT INTO invoicing_creditnote ({_CREDIT_NOTE})
    SELECT {_CREDIT_NOTE} FROM jsonb_populate_recordset(NULL::invoicing_creditnote, %(credit_notes)s)
"""  # noqa: S608 - of constants

# ignore_conflicts does not tell which rows were inserted. In one fixed order, so that two deliveries can't deadlock.
_KEEP_CANCELLATIONS = """
    INSERT INTO invoicing_cancelledorder (order_id, reason, lines)
    SELECT order_id, reason, lines
    FROM json_to_recordset(%(cancellations)s) AS cancelled (order_id uuid, reason text, lines jsonb)
    ORDER BY order_id
    ON CONFLICT DO NOTHING
    RETURNING order_id
"""

_WHAT_IS_KNOWN = """
    SELECT
        order_id,
        EXISTS (SELECT FROM invoicing_invoice AS invoice WHERE invoice.order_id = asked.order_id),
        cancelled.reason,
        cancelled.lines::text
    FROM unnest(%(order_ids)s::uuid[]) AS asked (order_id)
        LEFT JOIN invoicing_cancelledorder AS cancelled USING (order_id)
"""

_NUMBERS_OF = """
    SELECT order_id, number FROM invoicing_invoice WHERE order_id = ANY(%(order_ids)s::uuid[])
"""

_LOCK_COUNTERS = """
    SELECT year FROM invoicing_invoicecounter WHERE series = %(series)s ORDER BY year FOR UPDATE
"""

_LAST_ISSUE = """
    SELECT max(issued_at) FROM (
        (SELECT issued_at FROM invoicing_invoice WHERE series = %(series)s ORDER BY year DESC, sequence DESC LIMIT 1)
        UNION ALL
        (SELECT issued_at FROM invoicing_creditnote WHERE series = %(series)s ORDER BY year DESC, sequence DESC LIMIT 1)
    ) AS document
"""

_ADD_TO_COUNTER = """
    INSERT INTO invoicing_invoicecounter AS counter (series, year, last) VALUES (%(series)s, %(year)s, %(count)s)
    ON CONFLICT (series, year) DO UPDATE SET last = counter.last + excluded.last
    RETURNING last
"""

_decode_lines = msgspec.json.Decoder(list[CancelledLine]).decode


class Cancellation(NamedTuple):
    """What was cancelled of an order."""

    reason: str
    lines: Sequence[CancelledLine]


class KnownOrder(NamedTuple):
    """What invoicing knows of an order."""

    is_invoiced: bool
    cancelled: Cancellation | None


def store_invoices(invoices: Sequence[InvoiceSnapshot]) -> None:
    if invoices:
        execute(_STORE_INVOICES, invoices=_as_json(invoices))


def store_credit_notes(credit_notes: Sequence[CreditNoteSnapshot]) -> None:
    if credit_notes:
        execute(_STORE_CREDIT_NOTES, credit_notes=_as_json(credit_notes))


def keep_cancellations(cancelled: Iterable[OrderCancelled]) -> set[UUID]:
    """Keep what was cancelled of orders; the ids of those of which it was not known."""
    rows = [{"order_id": each.order_id, "reason": each.reason, "lines": each.lines} for each in cancelled]
    if not rows:
        return set()
    return {order_id for (order_id,) in execute(_KEEP_CANCELLATIONS, cancellations=_as_json(rows))}


def what_is_known(order_ids: Iterable[UUID]) -> Mapping[UUID, KnownOrder]:
    """What is known of each of these orders."""
    return {
        order_id: KnownOrder(is_invoiced, None if lines is None else Cancellation(reason, _decode_lines(lines)))
        for order_id, is_invoiced, reason, lines in execute(_WHAT_IS_KNOWN, order_ids=texts_of_ids(order_ids))
    }


def numbers_of(order_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """The numbers of the invoices of those orders that have one."""
    return dict(execute(_NUMBERS_OF, order_ids=texts_of_ids(order_ids)))


def lock_counters(series: str) -> set[int]:
    """Lock the counters of a series until the transaction ends; the years that have one."""
    return {year for (year,) in execute(_LOCK_COUNTERS, series=series)}


def last_issue(series: str) -> datetime | None:
    """When the last document of a series was issued; its counters are locked."""
    ((at,),) = execute(_LAST_ISSUE, series=series)
    last: datetime | None = at
    return last


def add_to_counter(*, series: str, year: int, count: int) -> int:
    """Add to a series' counter of a year, which begins with 0; returns it. Locks it until the transaction ends."""
    ((last,),) = execute(_ADD_TO_COUNTER, series=series, year=year, count=count)
    return int(last)


def _as_json(rows: Sequence[object]) -> str:
    return msgspec.json.encode(rows).decode()
