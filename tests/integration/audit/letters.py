"""Dead letters in every state."""

from typing import Any

from messaging.models import DeadLetter
from orders.models import Order

_RESOLVED = {"resolved_at": "2026-01-01T00:00:00Z", "resolved_by": "ann"}


def dead_letter(order: Order, *, consumer: str, event_type: str, state: str, **values: Any) -> DeadLetter:
    """A dead letter of an order; a resolved one was resolved by ann."""
    resolved = _RESOLVED if state in ("discarded", "replayed") else {}
    reason = {"reason": "ordered again by phone"} if state == "discarded" else {}
    return DeadLetter.objects.create(
        consumer=consumer,
        topic="orders",
        partition=0,
        offset=DeadLetter.objects.count(),
        timestamp=0,
        key=order.pk,
        event_type=event_type,
        headers=[],
        body=b"",
        attempts=3,
        state=state,
        **resolved,
        **reason,
        **values,
    )
