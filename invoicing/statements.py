"""The SQL of the invoicing app: what the ORM can't say, or takes several times as long for.

A batch goes over as one JSON document, from which the server takes the columns by their names: a third of the time of
bulk_create, and lines are stored as the event had them. Columns of a newer version get their defaults.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from django.db import connection

from invoicing.credit_notes import CreditNoteSnapshot
from invoicing.events import OrderCancelled
from invoicing.snapshots import Snapshot

_INVOICE = ", ".join(Snapshot.__struct_fields__)
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


def store_invoices(invoices: Sequence[Snapshot]) -> None:
    if invoices:
        with connection.cursor() as cursor:
            cursor.execute(_STORE_INVOICES, {"invoices": _as_json(invoices)})


def store_credit_notes(credit_notes: Sequence[CreditNoteSnapshot]) -> None:
    if credit_notes:
        with connection.cursor() as cursor:
            cursor.execute(_STORE_CREDIT_NOTES, {"credit_notes": _as_json(credit_notes)})


def keep_cancellations(cancelled: Iterable[OrderCancelled]) -> set[UUID]:
    """Keep what was cancelled of orders; the ids of those of which it was not known."""
    rows = [{"order_id": each.order_id, "reason": each.reason, "lines": each.lines} for each in cancelled]
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_CANCELLATIONS, {"cancellations": _as_json(rows)})
        return {order_id for (order_id,) in cursor.fetchall()}


def _as_json(rows: Sequence[object]) -> str:
    return msgspec.json.encode(rows).decode()
