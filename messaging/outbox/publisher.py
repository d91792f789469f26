"""The publisher's loop: a relay pass at once after a commit, and one each second in any case.

A process that writes has one publisher thread, which `nudge` starts and wakes; `relay_outbox` runs the same loop alone.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from common.database_problems import message_of
from common.postgres import refresh_connection
from common.text import number_of
from messaging.metrics import PUBLISHING_FAILURES
from messaging.outbox.delivery import RelayPass, publish_pending
from messaging.outbox.lanes import ALL_LANES, WHOLE_OUTBOX
from messaging.outbox.lease import Lease
from messaging.outbox.pending import anything_pending
from messaging.pacing import Pace
from messaging.retry import backoff
from messaging.transport.base import Producer, ProducerFactory
from messaging.transport.kafka import connect_producer

log = structlog.get_logger(__name__)

PASS_INTERVAL = 0.04  # seconds between passes that found rows: without a pause they cost a third of a core
LOCK_RETRY = 0.004  # seconds until the first retry after other publishers held all locks
RETRIES_AT_ONCE = 2  # then another busy publisher has the locks, and the next interval is soon enough
POLL_INTERVAL = 1.0  # seconds between passes without a nudge, which find what a crashed process left behind
FIRST_BACKOFF, MAX_BACKOFF = 0.2, 3.0  # seconds at most until the next pass while Kafka or PostgreSQL is away
MAX_SKIPPED_KEYS = 20_000
STOP_TIMEOUT = 3.0  # seconds that a pass may take to end


class Publisher:
    """Makes passes until told to stop. Only `nudge` and `stop` may be called from other threads.

    Args:
        is_relay: it has nothing else to do, so the others leave the outbox to it while there is much to publish.
    """

    def __init__(
        self,
        connect: ProducerFactory,
        stopping: threading.Event | None = None,
        on_pass: Callable[[], None] = lambda: None,
        *,
        is_relay: bool = False,
    ) -> None:
        self._connect = connect
        self._lease = Lease() if is_relay else None
        self._on_pass = on_pass
        self._producer: Producer | None = None
        self._wake = threading.Event()
        self._stopping = stopping or threading.Event()
        self._failures = 0
        self._wanted = WHOLE_OUTBOX
        self._skipped_keys: frozenset[str] = frozenset()
        self._failed_lock_attempts = 0
        self._busy = False
        self._pace, self._rest = Pace(), 0.0  # seconds to pause after a pass that found few rows

    def nudge(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    def run(self, *, drain: bool = False) -> None:
        """Publish until `stop`, or `stopping` is set from outside; with `drain`, until no event is pending."""
        try:
            while not self._stopping.is_set():
                self._on_pass()
                self._wake.clear()
                self._pace.begin()
                done = self._make_pass()
                self._rest = self._pace.end()
                if drain and self._drained(done):
                    return
                self._pause(done)
        finally:
            self._close_producer()
            connection.close()

    def _make_pass(self) -> RelayPass:
        """One pass; an outage of PostgreSQL or Kafka is logged once, and is a failed pass."""
        try:
            refresh_connection()
            done = publish_pending(
                self._current_producer(),
                wanted=self._wanted,
                skipped_keys=self._skipped_keys,
                leaves_to_relay=self._lease is None,
            )
        except (DatabaseError, InterfaceError) as error:
            self._report_failure(message_of(error))
            return RelayPass(interrupted=True)
        if not done.locked_out:
            self._failed_lock_attempts = 0
            self._note_result(done)
            self._renew_lease(done)
        # Of a few lanes, a pass without failures would say nothing about the keys that are skipped.
        self._wanted = self._wanted.after(done.lanes, is_share=done.full and not self._skipped_keys)
        return done

    def _renew_lease(self, done: RelayPass) -> None:
        if self._lease and not (done.failed or done.full):
            with suppress(DatabaseError, InterfaceError):  # then the others publish, too
                self._lease.renew(published=bool(done.found))

    def _note_result(self, done: RelayPass) -> None:
        """Skip failed keys from now on, until a pass has no failure: a batch full of them would starve all others."""
        was_whole, self._skipped_keys = not self._skipped_keys, self._skipped_keys | done.failed_keys
        if not done.failed_keys or len(self._skipped_keys) > MAX_SKIPPED_KEYS:
            self._skipped_keys = frozenset()
        if done.failed_keys:
            # What the old producer still has in flight may arrive late: a duplicate, which the inboxes drop.
            self._close_producer()
            orders = number_of(len(done.failed_keys), "order", "orders")
            self._report_failure(f"events of {orders} not delivered: {done.reason}")
        elif was_whole and self._failures:
            log.info("publishing_resumed", after_failures=self._failures)
            self._failures = 0

    def _report_failure(self, detail: str) -> None:
        PUBLISHING_FAILURES.inc()
        if self._failures == 0:
            log.warning("publishing_failed", detail=detail)
        self._failures += 1

    def _drained(self, done: RelayPass) -> bool:
        return not (done.failed or done.locked_out or self._has_pending(if_unknown=True))

    def _pause(self, done: RelayPass) -> None:
        if done.failed:
            self._stopping.wait(backoff(self._failures, base=FIRST_BACKOFF, cap=MAX_BACKOFF))
        elif done.found:
            self._busy = True
            self._pause_after_rows(done)
        elif done.left_for:
            self._stopping.wait(done.left_for)
        elif done.locked_out:
            self._wait_for_lock()
        elif done.is_share:
            return  # other lanes are due
        elif self._lease and self._lease.wanted:
            # Busy publishers make their passes at multiples of the interval: in between there is something to be found.
            self._stopping.wait(_until_next_interval() + PASS_INTERVAL / 2)
        else:
            self._busy = False
            if not self._has_pending(done.lanes, if_unknown=False):
                self._wake.wait(POLL_INTERVAL)

    def _pause_after_rows(self, done: RelayPass) -> None:
        """Wait until the next interval, or until the next nudge where this publisher has done little lately.

        An order at rest is passed from consumer to consumer: its next event must not wait for an interval. Nor must the
        other lanes after a share, nor what is left after a full pass.
        """
        if done.full or done.is_share:
            return
        if self._rest:
            self._stopping.wait(_until_next_interval(after=self._rest))
        else:
            self._wake.wait(_until_next_interval())

    def _wait_for_lock(self) -> None:
        """Wait a little at first, because a holder may just be committing its last pass; then longer and longer.

        A busy publisher soon waits for the next interval instead, when the locks are anybody's again. A relay goes on
        trying: nobody nudges it, and others who hold the locks again and again are why it should have its lease.
        """
        if self._lease:
            self._stopping.wait(PASS_INTERVAL / 4)
            return
        if self._busy and self._failed_lock_attempts >= RETRIES_AT_ONCE:
            self._stopping.wait(_until_next_interval())
            self._wake.wait(POLL_INTERVAL)
            return
        pause = min(POLL_INTERVAL, LOCK_RETRY * 2 ** min(self._failed_lock_attempts, 8))
        self._failed_lock_attempts += 1
        self._stopping.wait(min(pause, PASS_INTERVAL))  # under load each commit nudges: not one attempt for each
        if pause > PASS_INTERVAL:
            self._wake.wait(pause - PASS_INTERVAL)

    def _has_pending(self, lanes: Sequence[int] = ALL_LANES, *, if_unknown: bool) -> bool:
        """Whether a row came while this publisher held its lane: the row's own publisher found the lock taken.

        Therefore the holder of a lane checks it again after it has released its lock, and nobody else needs to.
        """
        try:
            return anything_pending(lanes)
        except (DatabaseError, InterfaceError):
            return if_unknown  # the next pass will report it

    def _current_producer(self) -> Producer:
        if self._producer is None:
            self._producer = self._connect()
        return self._producer

    def _close_producer(self) -> None:
        if self._producer is not None:
            self._producer.close()
            self._producer = None


def _until_next_interval(*, after: float = 0.0) -> float:
    """Seconds until the next multiple of PASS_INTERVAL, or the first one that is at least `after` seconds away.

    All busy publishers of a machine so try at the same time, one gets the lock and the others wait: otherwise they
    would take turns, each with a pass of its own over a few rows.
    """
    return after + PASS_INTERVAL - (time.monotonic() + after) % PASS_INTERVAL


class BackgroundPublisher:
    """This process's publisher thread: started by the first nudge, and anew in a forked child or after it died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._publisher: Publisher | None = None

    def nudge(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._start()
        assert self._publisher is not None
        self._publisher.nudge()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._publisher = Publisher(connect_producer)
                self._thread = threading.Thread(target=self._publisher.run, name="publisher", daemon=True)
                self._thread.start()

    def stop(self, *, timeout: float) -> None:
        if self._thread is not None and self._publisher is not None:
            self._publisher.stop()
            self._thread.join(timeout)


background = BackgroundPublisher()


def _reset_after_fork() -> None:
    global background  # noqa: PLW0603 - a thread and a Kafka connection do not survive a fork
    background = BackgroundPublisher()


os.register_at_fork(after_in_child=_reset_after_fork)


def nudge() -> None:
    """Have this process's publisher make a pass at once. Called after a commit, so it does nothing that takes time."""
    if settings.PUBLISH_ON_COMMIT:
        background.nudge()


def stop_background() -> None:
    """Stop the publisher thread after its pass. Any other publisher sends what is still pending."""
    background.stop(timeout=STOP_TIMEOUT)
