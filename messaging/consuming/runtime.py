"""Running a consumer: poll, handle, commit, until told to stop."""

import random
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import structlog
from django.db import connection

from common.database_problems import message_of
from common.postgres import is_canceled, is_outage, refresh_connection, takes_changes
from common.repeated_lines import RepeatedLine
from messaging.consuming.batches import BatchHandler, Consumer
from messaging.consuming.dead_letters import key_of
from messaging.consuming.draining import Draining
from messaging.consuming.periodic import Periodic
from messaging.consuming.watchdog import Watchdog
from messaging.dead_letters.carrying import ReplayCarrier
from messaging.dead_letters.replay import NEWER_VERSION, DeadLetterService, ReplayResult
from messaging.exceptions import TooManyDeadLetters, TransportUnavailable
from messaging.heartbeat import Liveness
from messaging.metrics import RENEWALS, RETRIES, STALLED, batch_metrics
from messaging.pacing import Pace
from messaging.retry import backoff, is_transient, kind_of
from messaging.transport.base import Record, Subscription, SubscriptionFactory

log = structlog.get_logger(__name__)

MAX_RECORDS = 500
SMALL_BATCH = 100  # records: in a smaller batch the transaction costs more than the handling
POLL_TIMEOUT = 0.5  # seconds
DEFERRED_RETRY_INTERVAL = 5.0  # seconds between queries for events that older versions have deferred
REPLAY_INTERVAL = 1.0  # seconds between slices of the replays that people have ordered
REPLAY_SLICE = 0.5  # seconds: live events get the other half
HOUSEKEEPING_INTERVAL = 30.0  # seconds
TRIES = 3  # of a record on its own, before it becomes a dead letter; of a batch during what looks like an outage


class ConsumerRunner:
    """One member of a consumer's group, used by one thread."""

    def __init__(
        self,
        consumer: Consumer,
        subscribe: SubscriptionFactory,
        stopping: threading.Event,
        *,
        draining: Draining | None = None,
        jitter: Callable[[], float] = random.random,
        watchdog: Watchdog | None = None,
    ) -> None:
        self._consumer = consumer
        self._handler = BatchHandler(consumer)
        self._dead_letters = DeadLetterService({consumer.name: consumer}, by=NEWER_VERSION)
        self._replays = ReplayCarrier({consumer.name: consumer})
        self._periodic = [
            Periodic("deferred events", self._replay_deferred, every=DEFERRED_RETRY_INTERVAL),
            Periodic("replays", self._carry_replays, every=REPLAY_INTERVAL),
        ]
        if consumer.housekeeping:
            self._periodic.append(Periodic("housekeeping", consumer.housekeeping, every=HOUSEKEEPING_INTERVAL))
        self._subscribe = subscribe
        self._stopping = stopping
        self._draining = draining
        self._jitter = jitter
        self._watchdog = watchdog or Watchdog()
        self._liveness = Liveness()
        self._unavailable = RepeatedLine()
        self._pace = Pace()
        RENEWALS.labels(consumer.name)  # at 0: docs/monitoring.md
        self._subscription = self._connect()

    def run(self) -> None:
        """Consume until `stopping` is set, or with `draining` until all its consumers have caught up.

        Raises:
            TooManyDeadLetters: handlers failed on too many events in a row; the count survives restarts.
        """
        try:
            with self._liveness:
                while not self._stopping.is_set() and not (self._draining and self._draining.done):
                    self._step()
        finally:
            self._subscription.close()
            connection.close()

    def _step(self) -> None:
        for work in self._periodic:
            work.run_if_due()
        records = self._poll()
        if not records:
            if self._draining and self._subscription.assigned:
                self._draining.check(self._consumer.name, self._subscription.lag)
            return
        busy = self._draining.busy() if self._draining else nullcontext()
        with busy, batch_metrics(self._consumer.name, len(records)):
            self._pace.begin()
            self._process(records)
        self._watchdog.progress()
        self._pause_after(records)

    def _pause_after(self, records: Sequence[Record]) -> None:
        """Wait after a small batch, so that the next one is larger; not while draining."""
        pause = self._pace.end()
        if pause and len(records) < SMALL_BATCH and not self._draining:
            self._stopping.wait(pause)

    def _replay_deferred(self) -> None:
        """Handle deferred events of types that this version knows: members of older versions may go on deferring them
        during a rolling update."""
        outcome = self._dead_letters.replay_deferred(self._consumer.name)
        if outcome != ReplayResult():
            log.info("deferred_events_replayed", consumer=self._consumer.name, outcome=str(outcome))

    def _carry_replays(self) -> None:
        self._replays.carry_any(self._consumer.name, seconds=REPLAY_SLICE)

    def _poll(self) -> list[Record]:
        try:
            records = self._subscription.poll(timeout=POLL_TIMEOUT, max_records=MAX_RECORDS)
        except TransportUnavailable as error:
            if self._unavailable.is_due(reason := str(error)):
                self._log_renewal(reason)
            self._renew(attempt=self._watchdog.failed())  # each renewal deals out all partitions anew
            STALLED.labels(self._consumer.name).set(self._watchdog.stalled)
            return []
        if self._subscription.assigned and not self._watchdog.failing:
            self._unavailable.end()
        if not records:
            stuck = self._watchdog.reason_to_renew(assigned=self._subscription.assigned, lag=self._subscription.lag)
            if stuck:
                self._log_renewal(stuck)
                self._renew()
        self._report_liveness(well=self._subscription.assigned and (bool(records) or not self._watchdog.stalled))
        return records

    def _report_liveness(self, *, well: bool) -> None:
        STALLED.labels(self._consumer.name).set(self._watchdog.stalled)
        self._liveness.report(well=well)

    def _process(self, records: Sequence[Record]) -> None:
        """Handle a batch, then commit its offsets: a crash in between means only a redelivery."""
        try:
            handled = self._retry_transient(lambda: self._handler.handle(records), splittable=len(records) > 1)
        except _PermanentFailure as failure:
            log.warning("batch_failed", consumer=self._consumer.name, records=len(records), error=failure.kind)
            self._one_by_one(records)
            return
        if handled:
            self._subscription.commit(records)
        else:
            self._subscription.rewind(records)

    def _one_by_one(self, records: Sequence[Record]) -> None:
        """Handle each record in a transaction of its own: those that fail become dead letters, the others are done."""
        for index, record in enumerate(records):
            if not self._isolate(record, behind=records[index + 1 :]):
                self._subscription.rewind(records[index:])
                return
            self._subscription.commit([record])
            self._report_liveness(well=True)  # five hundred slow ones take longer than a heartbeat may
            self._handler.check_failures()

    def _isolate(self, record: Record, *, behind: Sequence[Record]) -> bool:
        """Handle one record, or make a dead letter of it; False if it is no longer ours (see `_retry_transient`)."""
        for attempt in range(1, TRIES + 1):
            try:
                if not self._retry_transient(lambda: self._handler.handle([record])):
                    return False
            except _PermanentFailure as failure:
                error = failure.error
                if attempt < TRIES and not self._wait(attempt, error):
                    return False
            else:
                return True
        return self._make_dead_letter(record, error, behind=behind)

    def _make_dead_letter(self, record: Record, error: Exception, *, behind: Sequence[Record]) -> bool:
        """Make a dead letter of a record. If too many in a row have failed before, only after one of the records
        `behind` it could be handled, which shows that the fault is this record's and not the consumer's.
        """
        try:
            return self._retry_transient(lambda: self._handler.dead_letter(record, error, attempts=TRIES))
        except _PermanentFailure as failure:
            if not isinstance(failure.error, TooManyDeadLetters) or not self._handle_any(behind, after=record):
                raise failure.error from failure.error.__cause__
        return self._retry_transient(lambda: self._handler.dead_letter(record, error, attempts=TRIES))

    def _handle_any(self, records: Sequence[Record], *, after: Record) -> bool:
        """Whether one of the records could be handled; keys that have failed, as that of `after`, are left out.

        Offsets are not committed: what is handled here is delivered again, and the inbox drops it.
        """
        failed_keys = {key_of(after)}
        for record in records:
            if key_of(record) in failed_keys:
                continue
            try:
                self._retry_transient(lambda record=record: self._handler.handle([record]))  # type: ignore[misc]
            except _PermanentFailure:
                failed_keys.add(key_of(record))
            if not self._handler.failures_in_a_row:
                return True
            self._report_liveness(well=True)
        return False

    def _retry_transient(self, work: Callable[[], None], *, splittable: bool = False) -> bool:
        """Do the work, again and again while errors are transient.

        Args:
            splittable: whether the work can be split: then what is too much for one transaction is a permanent failure
                of the whole, and not tried again as it is.

        Returns:
            False if the partitions were revoked or the process has to stop: the records will be redelivered.

        Raises:
            _PermanentFailure: the work failed, and would fail again.
        """
        failures = 0
        while (error := _error_of(work)) is not None:
            failures += 1
            if not is_transient(error) or (splittable and _is_too_much(error, failures)):
                raise _PermanentFailure(error) from error
            if failures == 1:
                log.warning("batch_waits", consumer=self._consumer.name, error=message_of(error))
            if not self._wait(failures, error):
                return False
        if failures:
            log.info("batch_resumed", consumer=self._consumer.name, attempts=failures)
        return True

    def _wait(self, attempt: int, error: Exception) -> bool:
        """Back off and stay a member of the group; False if the partitions were revoked or the process has to stop."""
        RETRIES.labels(self._consumer.name, kind_of(error)).inc()
        generation = self._subscription.generation
        pause = backoff(attempt, jitter=self._jitter)
        try:
            self._subscription.keep_alive(timeout=pause)
        except TransportUnavailable:
            self._stopping.wait(pause)
        self._report_liveness(well=True)
        return not self._stopping.is_set() and self._subscription.generation == generation

    def _connect(self) -> Subscription:
        return self._subscribe(self._consumer.name, self._consumer.topics)

    def _log_renewal(self, reason: str) -> None:
        log.warning("subscription_renewed", consumer=self._consumer.name, reason=reason)

    def _renew(self, *, attempt: int = 1) -> None:
        RENEWALS.labels(self._consumer.name).inc()
        self._stopping.wait(backoff(attempt, jitter=self._jitter))  # still as a member of the group
        self._subscription.close()
        self._subscription = self._connect()
        self._watchdog.renewed()


def _error_of(work: Callable[[], None]) -> Exception | None:
    """Do the work by a connection that is in order; the error that it ended with, None if it is done."""
    refresh_connection()
    try:
        work()
    except Exception as error:  # noqa: BLE001 - the caller judges it
        return error
    return None


def _is_too_much(error: Exception, attempt: int) -> bool:
    """Whether a batch is too much for one transaction: a statement took too long, or it looks like an outage each time
    although the server is in order, as when a pooler or an operator's script ends transactions of its length.
    """
    return is_canceled(error) or (attempt >= TRIES and is_outage(error) and takes_changes())


class _PermanentFailure(Exception):
    """Work failed with an error that is not transient."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error
        self.kind = type(error).__name__
