"""One pass over the outbox: the only code that sends events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from django.db import transaction
from django.utils import timezone

from messaging.crash_points import reached
from messaging.events import Trace, headers_of
from messaging.models import OutboxMessage
from messaging.pending import PendingEvent, first_pending, lock, take_away
from messaging.transport.base import DeliveryFailure, Message, Producer

log = structlog.get_logger(__name__)

BATCH_SIZE = 1000
_HELD_BACK = DeliveryFailure("an earlier event of this key was not delivered", permanent=False)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did: how many rows it found, and how many of them are still to be sent."""

    found: int = 0
    failed: int = 0
    locked_out: bool = False  # another publisher is at work

    @property
    def full(self) -> bool:
        return self.found >= BATCH_SIZE


def publish_pending(producer: Producer) -> Pass:
    """Send the next batch of undelivered events and delete those that the broker acknowledged.

    Rows are chosen by being there, never by a position, so a row that commits late is not skipped. If a row fails,
    later rows of its key wait for it; if it can never be sent it is parked, and its key waits for a person.
    """
    with transaction.atomic():
        if not lock():
            return Pass(locked_out=True)
        if not (rows := first_pending(BATCH_SIZE)):
            return Pass()
        reached("delivery.before_send")
        failures = _send_in_waves(producer, rows)
        reached("delivery.after_acknowledge")
        take_away([row.id for row in rows if row.id not in failures])
        parked = {pk: failure for pk, failure in failures.items() if failure.permanent}
        _park(parked)
    reached("delivery.after_commit")
    return Pass(found=len(rows), failed=len(failures) - len(parked))


def waves(rows: Iterable[PendingEvent]) -> list[list[PendingEvent]]:
    """Split rows so that no wave holds two of one key, and each key's rows come in order."""
    result: list[list[PendingEvent]] = []
    next_wave: dict[str, int] = {}
    for row in rows:
        wave = next_wave.get(row.key, 0)
        if wave == len(result):
            result.append([])
        result[wave].append(row)
        next_wave[row.key] = wave + 1
    return result


def _send_in_waves(producer: Producer, rows: Sequence[PendingEvent]) -> dict[int, DeliveryFailure]:
    """Why each row that did not arrive did not, by its primary key."""
    failures: dict[int, DeliveryFailure] = {}
    failed_keys: set[str] = set()
    for wave in waves(rows):
        ready = [row for row in wave if row.key not in failed_keys]
        failures |= {row.id: _HELD_BACK for row in wave if row.key in failed_keys}
        for row, failure in zip(ready, producer.send([_message(row) for row in ready]), strict=True):
            if failure is not None:
                failures[row.id] = failure
                failed_keys.add(row.key)
    return failures


def _park(failures: dict[int, DeliveryFailure]) -> None:
    for pk, failure in failures.items():
        OutboxMessage.objects.filter(pk=pk).update(parked_at=timezone.now(), parked_reason=failure.reason)
        log.error("outbox_message_parked", outbox_id=pk, reason=failure.reason)


def _message(row: PendingEvent) -> Message:
    return Message(
        topic=row.topic,
        key=row.key.encode(),
        value=row.body.encode(),
        headers=headers_of(
            event_id=row.event_id,
            event_type=row.type,
            topic=row.topic,
            subject=row.key,
            time=row.created_at,
            trace=Trace(row.correlation_id, row.traceparent),
        ),
    )
