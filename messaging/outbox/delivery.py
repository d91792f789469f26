"""One relay pass over the outbox: the only code that sends events."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog
from django.db import transaction
from django.utils import timezone

from messaging.crash_points import reached
from messaging.events import Trace, headers_of
from messaging.metrics import PASS_EVENTS
from messaging.models import OutboxMessage
from messaging.outbox.lanes import LANES, LANES_OF_A_SHARE, WHOLE_OUTBOX, WantedLanes
from messaging.outbox.pending import PendingEvent, delete_delivered, fetch_pending, lock_lanes
from messaging.transport.base import DeliveryFailure, Message, Producer

log = structlog.get_logger(__name__)

BATCH_SIZE = 1000
LAST_ROUND_AFTER = 15.0  # seconds; no round begins later, because PostgreSQL ends transactions that are idle for long


@dataclass(frozen=True, slots=True)
class RelayPass:
    """The result of one relay pass.

    Attributes:
        found: how many rows were pending, up to BATCH_SIZE.
        lanes: whose events it published; none if other publishers held all.
        is_share: it was not to take all that are free.
        failed_keys: keys with an event that could not be sent for now.
        interrupted: the database failed; it is not known what was done.
        left_for: seconds for which the outbox is left to a relay, which has its lease.
        reason: of the first failure.
    """

    found: int = 0
    lanes: Sequence[int] = ()
    is_share: bool = False
    failed_keys: frozenset[str] = frozenset()
    interrupted: bool = False
    left_for: float = 0.0
    reason: str = ""

    @property
    def failed(self) -> bool:
        return self.interrupted or bool(self.failed_keys)

    @property
    def locked_out(self) -> bool:
        """Whether nothing was done, because other publishers hold all lanes, or a relay has its lease."""
        return not self.lanes and not self.interrupted

    @property
    def full(self) -> bool:
        """Whether more may be pending in its lanes: of some of them, as soon as that may be so of one."""
        return self.found >= (BATCH_SIZE if len(self.lanes) == LANES else limit_of_a_lane())


def limit_of_a_lane() -> int:
    """How many events of a lane a pass takes that has not all lanes: with a few lanes it takes a batch as well."""
    return -(-BATCH_SIZE // LANES_OF_A_SHARE)


def publish_pending(
    producer: Producer,
    *,
    wanted: WantedLanes = WHOLE_OUTBOX,
    skipped_keys: Collection[str] = (),
    leaves_to_relay: bool = False,
) -> RelayPass:
    """Send the next batch of pending events, except those of some keys, and delete those that the broker acknowledged.

    Any row in the table is pending: there is no stored position, which would skip a row that commits late. If a row
    fails, later rows of its key wait for it; if it can never be sent it is parked, and its key waits for a person.
    """
    with transaction.atomic():
        locked = lock_lanes(wanted, leaves_to_relay=leaves_to_relay)
        done = RelayPass(lanes=locked.lanes, is_share=wanted.is_share, left_for=locked.left_for)
        if done.locked_out:
            return done
        limits = {"limit": BATCH_SIZE, "limit_of_a_lane": limit_of_a_lane()}
        if not (rows := fetch_pending(**limits, lanes=done.lanes, skipped_keys=skipped_keys)):
            return done
        reached("delivery.before_send")
        sent = _send_in_rounds(producer, rows)
        reached("delivery.after_acknowledge")
        delete_delivered(sent.delivered)
        _park(sent.rejected)
    reached("delivery.after_commit")
    PASS_EVENTS.observe(len(sent.delivered))
    return replace(done, found=len(rows), failed_keys=frozenset(sent.failed_keys), reason=sent.reason)


def rounds(rows: Iterable[PendingEvent]) -> list[list[PendingEvent]]:
    """Split rows so that no round holds two of one key, and each key's rows come in order."""
    result: list[list[PendingEvent]] = []
    next_round: dict[str, int] = {}
    for row in rows:
        number = next_round.get(row.key, 0)
        if number == len(result):
            result.append([])
        result[number].append(row)
        next_round[row.key] = number + 1
    return result


@dataclass
class _SendResults:
    """The results of sending rows. Rows in none of these were not tried.

    Attributes:
        delivered: ids of rows.
        rejected: why the broker will never take a row, by its id.
        rejected_keys: the keys of these.
        failed_keys: keys of rows that are to be tried again.
        reason: why the first of those failed.
    """

    delivered: list[int] = field(default_factory=list)
    rejected: dict[int, str] = field(default_factory=dict)
    rejected_keys: set[str] = field(default_factory=set)
    failed_keys: set[str] = field(default_factory=set)
    reason: str = ""

    def add(self, row: PendingEvent, failure: DeliveryFailure | None) -> None:
        if failure is None:
            self.delivered.append(row.id)
        elif failure.permanent:
            self.rejected[row.id] = failure.reason
            self.rejected_keys.add(row.key)
        else:
            self.failed_keys.add(row.key)
            self.reason = self.reason or failure.reason


def _send_in_rounds(producer: Producer, rows: Sequence[PendingEvent]) -> _SendResults:
    """Send round after round. One with transient failures is the last: it took until the producer's time-out."""
    sent = _SendResults()
    end = time.monotonic() + LAST_ROUND_AFTER
    for tried in rounds(rows):
        if ready := [row for row in tried if row.key not in sent.rejected_keys]:
            failures = producer.send([_message(row) for row in ready])
            for row, failure in zip(ready, failures, strict=True):
                sent.add(row, failure)
        if sent.failed_keys or time.monotonic() > end:
            break
    return sent


def _park(rejected: Mapping[int, str]) -> None:
    for pk, reason in rejected.items():
        OutboxMessage.objects.filter(pk=pk).update(parked_at=timezone.now(), parked_reason=reason)
        log.error("outbox_message_parked", outbox_id=pk, reason=reason)


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
            time=row.time,
            trace=Trace(row.correlation_id, row.traceparent),
        ),
    )
