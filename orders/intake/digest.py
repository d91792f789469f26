"""The digest of an order as it was accepted, by which the audit notices that an order was changed afterwards.

It covers what nothing else in the database can tell: an order that is rejected leaves no invoice to compare it with.
What came later is covered where an order has it, so that digests of before stay what they are.
Amounts are not covered, because they follow from the lines. It is no signature: whoever may write can compute it anew.
`operations/audit/digests.py` computes the same from the rows, in SQL.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from common.fields import DEFAULT_UNIT
from common.money import plain_text
from common.parties import Party
from orders.events import Line
from orders.intake.drafts import Draft

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEPARATOR = "\x1f"  # no text that is accepted contains a control character
LENGTH = 32  # hexadecimal digits: 128 bits are far more than chance could meet


def digest_of(draft: Draft) -> str:
    """SHA-256, shortened, of what the order asks for and of the snapshots on its lines."""
    lines = [text for line in draft.order.lines for text in _of_line(line)]
    text = _SEPARATOR.join([*_of_order(draft), *lines, *_of_parties(draft), *_of_reasons(draft)])
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def _of_order(draft: Draft) -> list[str]:
    order = draft.order
    return [
        str(order.order_id),
        str(order.client_id),
        order.customer_id,
        order.reference,
        draft.source.value,
        order.currency,
        str(int(order.allow_backorder)),
        str((order.placed_at - _EPOCH) // timedelta(microseconds=1)),
    ]


def _of_line(line: Line) -> list[str]:
    texts = [
        str(line.line_no),
        line.sku,
        line.name,
        str(line.quantity),
        plain_text(line.unit_price),
        plain_text(line.tax_rate),
    ]
    if line.unit_code != DEFAULT_UNIT:
        texts.append(f"unit {line.unit_code}")
    if line.tax_category:
        texts.append(f"tax {line.tax_category}")
    return texts


def _of_parties(draft: Draft) -> Iterator[str]:
    if draft.order.bill_to is not None:
        yield f"bill to {_as_jsonb(draft.order.bill_to)}"
    if draft.order.ship_to is not None:
        yield f"ship to {_as_jsonb(draft.order.ship_to)}"


def _of_reasons(draft: Draft) -> Iterator[str]:
    """Why categories of tax are what they are: nothing else in the database says so."""
    for part in draft.order.taxes:
        if part.reason_code is not None or part.reason is not None:
            yield f"{part.category} because {part.reason_code or ''} {part.reason or ''}"


def _as_jsonb(party: Party) -> str:
    """The text that PostgreSQL makes of it as jsonb."""
    return json.dumps(_ordered(msgspec.to_builtins(party)), ensure_ascii=False)


def _ordered(value: Any) -> Any:
    """JSON whose objects have their keys in the order of jsonb: short ones first."""
    if not isinstance(value, dict):
        return value
    return {key: _ordered(value[key]) for key in sorted(value, key=lambda key: (len(key), key))}
