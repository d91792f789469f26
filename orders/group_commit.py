"""Letting concurrent requests share a transaction: they hand their drafts to one writer thread and wait.

The writer takes whatever waits, without lingering, so a request alone is not delayed; only the writer uses a database
connection. `place_orders` knows nothing of this.
"""

import atexit
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from queue import SimpleQueue

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from common.postgres import is_lock_timeout, is_outage, refresh_connection
from orders.drafts import Draft
from orders.exceptions import IntakeOverloaded, IntakeTimeout
from orders.intake import Outcome, place_orders

log = structlog.get_logger(__name__)

PlaceOrders = Callable[[Sequence[Draft]], list[Outcome]]
Wait = Callable[["Future[list[Outcome]]", float], list[Outcome]]


@dataclass(frozen=True, slots=True)
class _Submission:
    """Drafts that are stored together or not at all."""

    drafts: Sequence[Draft]
    outcomes: "Future[list[Outcome]]" = field(default_factory=Future)


class OrderWriter:
    """A queue of about `queue_size` submissions at most, and the thread that stores them; the first one starts it.

    Args:
        wait: waits for a result as `Future.result` does. A web server's may lend the thread to other requests.
    """

    def __init__(self, place: PlaceOrders, *, queue_size: int, batch_size: int, wait: Wait = Future.result) -> None:
        self._place = place
        self._wait = wait
        self._queue: SimpleQueue[_Submission | None] = SimpleQueue()
        self._queue_size = queue_size
        self._batch_size = batch_size
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def place(self, drafts: Sequence[Draft], *, timeout: float) -> list[Outcome]:
        """Have drafts stored, all in one transaction; an outcome for each, in order.

        Args:
            timeout: seconds to wait. What is still queued then is taken back.

        Raises:
            IntakeOverloaded: the queue is full, or did not move for so long: nothing is stored.
            IntakeTimeout: the drafts are being stored at this moment, and it is not known whether they will be.
            DatabaseError: nothing is stored (unless the connection broke in the middle of the commit).
        """
        assert not connection.in_atomic_block, "the thread's connection may be lent to other requests meanwhile"
        submission = _Submission(drafts)
        self._start()
        if self._queue.qsize() >= self._queue_size:
            raise IntakeOverloaded(IntakeOverloaded.__doc__)
        self._queue.put(submission)
        try:
            return self._wait(submission.outcomes, timeout)
        except FutureTimeout:
            if submission.outcomes.cancel():
                raise IntakeOverloaded(IntakeOverloaded.__doc__) from None
            raise IntakeTimeout(IntakeTimeout.__doc__) from None

    def stop(self, *, timeout: float) -> None:
        """Store what is queued, then end the thread."""
        if self._thread is not None and self._thread.is_alive():
            self._queue.put(None)
            self._thread.join(timeout)

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            with self._starting:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="order-writer", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while batch := self._next_batch():
            try:
                self._write(batch)
            except BaseException:
                log.exception("order_writer_failed", submissions=len(batch))
        connection.close()

    def _next_batch(self) -> list[_Submission]:
        """Whatever waits, but at least one submission; empty when told to stop."""
        batch: list[_Submission] = []
        drafts = 0
        submission = self._queue.get()
        while submission is not None:
            if submission.outcomes.set_running_or_notify_cancel():
                batch.append(submission)
                drafts += len(submission.drafts)
            if batch and (drafts >= self._batch_size or self._queue.empty()):
                return batch
            submission = self._queue.get()
        if batch:
            self._queue.put(None)  # stop after this batch
        return batch

    def _write(self, batch: Sequence[_Submission]) -> None:
        refresh_connection()
        try:
            outcomes = iter(self._place([draft for submission in batch for draft in submission.drafts]))
        except (DatabaseError, InterfaceError) as error:
            if len(batch) > 1 and not is_outage(error):
                self._write_one_by_one(batch)
            else:
                _fail(batch, error)
        except BaseException as error:
            _fail(batch, error)
            raise
        else:
            for submission in batch:
                submission.outcomes.set_result([next(outcomes) for _ in submission.drafts])

    def _write_one_by_one(self, batch: Sequence[_Submission]) -> None:
        """Until one meets a lock again: with a table locked, each would wait for it in turn, beyond all patience."""
        for index, submission in enumerate(batch, start=1):
            self._write([submission])
            error = submission.outcomes.exception()
            if error is not None and is_lock_timeout(error):
                _fail(batch[index:], IntakeOverloaded(IntakeOverloaded.__doc__))
                return


def _fail(batch: Sequence[_Submission], error: BaseException) -> None:
    for submission in batch:
        submission.outcomes.set_exception(error)


def _new_writer() -> OrderWriter:
    return OrderWriter(
        place_orders, queue_size=settings.INTAKE_QUEUE_SIZE, batch_size=settings.INTAKE_BATCH_SIZE, wait=_wait
    )


_wait: Wait = Future.result
_writer: OrderWriter | None = None
_making = threading.Lock()


def wait_by(wait: Wait) -> None:
    """How requests of this process wait for their orders to be stored. To be called before the first does."""
    global _wait  # noqa: PLW0603 - as the writer
    _wait = wait


def place_together(drafts: Sequence[Draft]) -> list[Outcome]:
    """`OrderWriter.place` with this process's writer, made by the first call."""
    global _writer  # noqa: PLW0603 - one writer a process
    if _writer is None:
        with _making:
            _writer = _writer or _new_writer()
    return _writer.place(drafts, timeout=settings.INTAKE_TIMEOUT.total_seconds())


def stop_writer(*, timeout: float = 5.0) -> None:
    """Drain this process's writer: called at exit, when the server has answered its last request."""
    if _writer is not None:
        _writer.stop(timeout=timeout)


def _forget_parent() -> None:
    global _writer, _making
    _writer, _making = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_parent)
atexit.register(stop_writer)
