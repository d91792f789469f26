"""When passes over the outbox are made: at once after a commit, and once a second in any case.

A process that writes has one publisher thread, which `nudge` starts and wakes; `relay_outbox` runs the same loop alone.
"""

import os
import threading
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from common.postgres import refresh_connection
from messaging.metrics import PUBLISHING_FAILURES
from messaging.outbox.delivery import RelayPass, publish_pending
from messaging.outbox.pending import anything_pending
from messaging.pacing import Pace
from messaging.retry import backoff
from messaging.transport.base import Producer, ProducerFactory
from messaging.transport.kafka import connect_producer

log = structlog.get_logger(__name__)

PASS_INTERVAL = 0.04  # seconds between passes that found rows: back to back over a handful they cost a third of a core
LOCK_RETRY = 0.004  # seconds after which a publisher that found another at work tries again for the first time
LOOK_EVERY = 1.0  # seconds between looks without a nudge, which find what a crash left behind
MOST_LEFT_OUT = 20_000  # keys


class Publisher:
    """Makes passes until told to stop. Only `nudge` and `stop` may be called from other threads."""

    def __init__(
        self,
        connect: ProducerFactory,
        stopping: threading.Event | None = None,
        on_pass: Callable[[], None] = lambda: None,
    ) -> None:
        self._connect = connect
        self._on_pass = on_pass
        self._producer: Producer | None = None
        self._wake = threading.Event()
        self._stopping = stopping or threading.Event()
        self._failures = 0
        self._left_out: frozenset[str] = frozenset()
        self._lock_outs = 0
        self._busy = False
        self._pace, self._rest = Pace(), 0.0  # seconds to rest after a pass that found few rows

    def nudge(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    def run(self, *, drain: bool = False) -> None:
        """Publish until `stop`, or `stopping` is set from outside; with `drain`, until nothing waits."""
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
            self._forget_producer()
            connection.close()

    def _make_pass(self) -> RelayPass:
        """One pass; an outage of PostgreSQL or Kafka is logged once, and is a failed pass."""
        try:
            refresh_connection()
            done = publish_pending(self._current_producer(), skipped_keys=self._left_out)
        except (DatabaseError, InterfaceError) as error:
            self._failed(str(error).strip())
            return RelayPass(interrupted=True)
        if not done.locked_out:
            self._lock_outs = 0
            self._learn_from(done)
        return done

    def _learn_from(self, done: RelayPass) -> None:
        """Leave failed keys out until a pass has no failure: as many as fill a pass would starve all others."""
        was_whole, self._left_out = not self._left_out, self._left_out | done.failed_keys
        if not done.failed_keys or len(self._left_out) > MOST_LEFT_OUT:
            self._left_out = frozenset()
        if done.failed_keys:
            # What the old producer still has in flight may arrive late: a duplicate, which the inboxes drop.
            self._forget_producer()
            self._failed(f"events of {len(done.failed_keys)} orders not delivered: {done.reason}")
        elif was_whole and self._failures:
            log.info("publishing_resumed", after_failures=self._failures)
            self._failures = 0

    def _failed(self, detail: str) -> None:
        PUBLISHING_FAILURES.inc()
        if self._failures == 0:
            log.warning("publishing_failed", detail=detail)
        self._failures += 1

    def _drained(self, done: RelayPass) -> bool:
        return not (done.failed or done.locked_out or self._left_behind(if_unknown=True))

    def _pause(self, done: RelayPass) -> None:
        if done.failed:
            self._stopping.wait(backoff(self._failures, base=0.2, cap=3.0))
        elif done.found:
            self._busy = True
            self._stopping.wait(0 if done.full else _until_next_interval(after=self._rest))
        elif done.locked_out and self._busy:
            self._stopping.wait(_until_next_interval())
            self._wake.wait(LOOK_EVERY)
        elif done.locked_out:
            self._wait_for_the_lock()
        else:
            self._busy = False
            if not self._left_behind(if_unknown=False):
                self._wake.wait(LOOK_EVERY)

    def _wait_for_the_lock(self) -> None:
        """Soon, because whoever has it may just be committing and not look again for a while; then less and less."""
        pause = min(LOOK_EVERY, LOCK_RETRY * 2 ** min(self._lock_outs, 8))
        self._lock_outs += 1
        self._stopping.wait(min(pause, PASS_INTERVAL))  # under load each commit nudges: not one attempt for each
        if pause > PASS_INTERVAL:
            self._wake.wait(pause - PASS_INTERVAL)

    def _left_behind(self, *, if_unknown: bool) -> bool:
        """Whether a row came while the lock was held: its own nudge found the lock taken and went away.

        Whoever held the lock looks again after letting go; whoever finds the lock taken need not look at all.
        """
        try:
            return anything_pending()
        except (DatabaseError, InterfaceError):
            return if_unknown  # the next pass will report it

    def _current_producer(self) -> Producer:
        if self._producer is None:
            self._producer = self._connect()
        return self._producer

    def _forget_producer(self) -> None:
        if self._producer is not None:
            self._producer.close()
            self._producer = None


def _until_next_interval(*, after: float = 0.0) -> float:
    """Seconds until the next multiple of PASS_INTERVAL, or the first one after so many seconds.

    All busy publishers of a machine look at the same moment, so that one of them gets the lock and the others go away:
    left to themselves they take turns, each with its own pass over what came since the last one's.
    """
    return after + PASS_INTERVAL - (time.monotonic() + after) % PASS_INTERVAL


class _Background:
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


_background = _Background()


def _forget_parent() -> None:
    global _background  # noqa: PLW0603 - a thread and a Kafka connection do not survive a fork
    _background = _Background()


os.register_at_fork(after_in_child=_forget_parent)


def nudge() -> None:
    """Have this process's publisher look at once. Called after a commit, so it does nothing that takes time."""
    if settings.PUBLISH_ON_COMMIT:
        _background.nudge()


def stop_background(*, timeout: float = 3.0) -> None:
    """Let the publisher thread finish its pass. What it leaves behind is any other publisher's to send."""
    _background.stop(timeout=timeout)
