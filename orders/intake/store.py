"""Writing orders with their lines, their events and the answers to their requests, in one transaction.

`store_by_statement` takes the whole batch as JSON, at a tenth of the ORM's CPU; the statement is a transaction by
itself, so all is done in one round trip. `store_by_orm` says the same as one would read it. The setting
INTAKE_STATEMENT chooses; tests hold both to the same rows.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from msgspec.structs import replace

from api import idempotency
from api.idempotency import Claim, Name
from common.chunks import by_weight
from common.sql import execute
from messaging.outbox import recording
from orders.events import SNAPSHOT_COLUMNS, Line, OrderPlaced
from orders.intake.digest import digest_of
from orders.intake.drafts import Draft
from orders.models import Order, OrderLine
from orders.statements import STORE
from orders.transitions import Status

_MOST_LINES = 5000  # in a statement


def store(drafts: Sequence[Draft]) -> set[Claim]:
    """Store drafts as the setting INTAKE_STATEMENT says: see `store_by_statement`."""
    return store_by_orm(drafts) if settings.INTAKE_STATEMENT == "orm" else store_by_statement(drafts)


def store_by_statement(drafts: Sequence[Draft]) -> set[Claim]:
    """Store those drafts that have no claim, or one whose key is new: these claims are returned.

    Raises:
        IntegrityError: a constraint does not hold; nothing is stored.
    """
    if not drafts:
        return set()
    claims = _claims(drafts)
    if sum(len(draft.order.lines) for draft in drafts) <= _MOST_LINES:
        names = _execute(claims.values(), _accepted(drafts, set(claims.values())))
        return {claims[name] for name in names}
    with transaction.atomic():
        kept = _claim(claims)
        for chunk in by_weight(_accepted(drafts, kept), lambda draft: len(draft.order.lines), limit=_MOST_LINES):
            _execute([], [replace(draft, claim=None) for draft in chunk])
    return kept


@transaction.atomic
def store_by_orm(drafts: Sequence[Draft]) -> set[Claim]:
    """Store drafts by Django's ORM: the same rows as `store_by_statement`."""
    kept = _claim(_claims(drafts))
    drafts = _accepted(drafts, kept)
    Order.objects.bulk_create([Order(**_order_row(draft)) for draft in drafts])
    lines = [OrderLine(**_line_row(draft.order, line)) for draft in drafts for line in draft.order.lines]
    OrderLine.objects.bulk_create(lines, batch_size=_MOST_LINES)
    recording.store_rows(_event_rows(drafts))
    return kept


def _claims(drafts: Iterable[Draft]) -> dict[Name, Claim]:
    return idempotency.first_of_each_key(draft.claim for draft in drafts if draft.claim)


def _claim(claims: Mapping[Name, Claim]) -> set[Claim]:
    """Store the claims whose key is new, and return these."""
    return {claims[name] for name in idempotency.claim(claims.values())}


def _accepted(drafts: Iterable[Draft], claims: Collection[Claim]) -> list[Draft]:
    """The drafts that need no claim, or have one of these."""
    return [draft for draft in drafts if draft.claim is None or draft.claim in claims]


def _execute(claims: Iterable[Claim], drafts: Sequence[Draft]) -> list[Name]:
    """Carry out the statement for these claims and drafts; returns the names of the claims whose key was new."""
    with recording.publishing_on_commit():
        tables = {
            "claims": idempotency.rows_of(claims),
            "claimants": [_claimant(draft) for draft in drafts],
            "orders": [_order_row(draft) for draft in drafts],
            "lines": [_line_row(draft.order, line) for draft in drafts for line in draft.order.lines],
            "events": _event_rows(drafts),
        }
        parameters = {name: msgspec.json.encode(rows).decode() for name, rows in tables.items()}
        return execute(STORE, **parameters)


def _event_rows(drafts: Iterable[Draft]) -> list[recording.Row]:
    return [recording.row_of(draft.order, draft.trace) for draft in drafts]


def _claimant(draft: Draft) -> dict[str, Any]:
    claimant, claim = draft.claim.name if draft.claim else (None, None)
    return {"id": draft.id, "claimant": claimant, "claim": claim}


def _order_row(draft: Draft) -> dict[str, Any]:
    order = draft.order
    return {name: getattr(order, name) for name in SNAPSHOT_COLUMNS} | {
        "id": order.order_id,
        "taxes": msgspec.to_builtins(order.taxes),
        "bill_to": msgspec.to_builtins(order.bill_to),
        "ship_to": msgspec.to_builtins(order.ship_to),
        "source": draft.source.value,
        "status": Status.PLACED.value,
        "invoice_number": "",
        "digest": digest_of(draft),
        "correlation_id": draft.trace.correlation_id,
        "traceparent": draft.trace.traceparent,
    }


def _line_row(order: OrderPlaced, line: Line) -> dict[str, Any]:
    return {"order_id": order.order_id, **msgspec.structs.asdict(line)}
