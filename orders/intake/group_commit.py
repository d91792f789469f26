"""Group commit: concurrent requests share a transaction, by handing their drafts to a writer thread.

The thread takes whatever waits, without lingering, so a request alone is not delayed; only writer threads use a
database connection. What stores the drafts is handed in (`place_orders`), and knows nothing of this.
"""

import atexit
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from queue import SimpleQueue

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from common.errors import Overloaded
from common.postgres import is_outage, is_timeout, refresh_connection
from orders.exceptions import OutcomeUnknown
from orders.intake.drafts import Draft, Placement
from orders.metrics import group_commit

log = structlog.get_logger(__name__)

PlaceOrders = Callable[[Sequence[Draft]], list[Placement]]

_QUEUE_FULL = "More orders wait to be stored than there is room for. This one was not stored: try again shortly."
_LARGE = 100  # lines; a submission with more of them has another writer, so that small ones never wait for it
# With one, all large requests of a process wait for the same transaction, and no other is prepared meanwhile.
_LARGE_THREADS = 2


@dataclass(frozen=True, slots=True)
class Submission:
    """Drafts that are stored together or not at all; `outcomes` has one for each, in order, once that is known."""

    drafts: Sequence[Draft]
    outcomes: "Future[list[Placement]]" = field(default_factory=Future)
    submitted_at: float = field(default_factory=time.monotonic)

    @property
    def lines(self) -> int:
        return sum(len(draft.order.lines) for draft in self.drafts)

    def result(self, timeout: float) -> list[Placement]:
        """The outcomes.

        Args:
            timeout: seconds to wait. What is still queued then is withdrawn.

        Raises:
            Overloaded: the queue did not move for so long: nothing is stored.
            OutcomeUnknown: the drafts are being stored at this time, and it is not known whether they will be.
            DatabaseError: nothing is stored (unless the connection broke in the middle of the commit).
        """
        try:
            return self.outcomes.result(timeout)
        except FutureTimeout:
            if self.outcomes.cancel():
                raise Overloaded(_QUEUE_FULL) from None
            raise OutcomeUnknown from None


class OrderWriter:
    """A queue of submissions, and the threads that store them; the first one starts them.

    Args:
        queue_size: submissions that may wait, about.
        batch_lines: order lines after which a transaction takes no further submission.
        threads: transactions at a time.
    """

    def __init__(self, place: PlaceOrders, *, queue_size: int, batch_lines: int, threads: int = 1) -> None:
        self._place = place
        self._queue: SimpleQueue[Submission | None] = SimpleQueue()
        self._queue_size = queue_size
        self._batch_lines = batch_lines
        self._starting = threading.Lock()
        self._threads: list[threading.Thread | None] = [None] * threads  # None: it has not started, or has ended

    @property
    def queued(self) -> int:
        """The number of submissions that wait, about."""
        return self._queue.qsize()

    def submit(self, submission: Submission) -> Submission:
        """Have its drafts stored, all in one transaction. Does not block.

        Raises:
            Overloaded: the queue is full.
        """
        self._start()
        if self.queued >= self._queue_size:
            raise Overloaded(_QUEUE_FULL)
        self._queue.put(submission)
        return submission

    def place(self, drafts: Sequence[Draft], *, timeout: float) -> list[Placement]:
        """`submit`, and wait for the result so many seconds."""
        return self.submit(Submission(drafts)).result(timeout)

    def stop(self, *, timeout: float) -> None:
        """Store what is queued, then end the threads."""
        running = [thread for thread in self._threads if thread]
        for _ in running:
            self._queue.put(None)
        ends_at = time.monotonic() + timeout
        for thread in running:
            thread.join(max(0.0, ends_at - time.monotonic()))

    def _start(self) -> None:
        if all(self._threads):
            return
        with self._starting:
            for place, thread in enumerate(self._threads):
                if thread is None:
                    started = threading.Thread(target=self._run, args=(place,), name="order-writer", daemon=True)
                    started.start()
                    self._threads[place] = started

    def _run(self, place: int) -> None:
        try:
            self._write_batches()
        finally:
            with self._starting:
                self._threads[place] = None

    def _write_batches(self) -> None:
        while batch := self._next_batch():
            try:
                with group_commit(sum(len(each.drafts) for each in batch), first_submitted_at=batch[0].submitted_at):
                    self._write(batch)
            except BaseException as error:
                _fail([submission for submission in batch if not submission.outcomes.done()], error)
                log.exception("order_writer_failed", submissions=len(batch))
        connection.close()

    def _next_batch(self) -> list[Submission]:
        """Whatever waits, but at least one submission; empty when told to stop."""
        batch: list[Submission] = []
        lines = 0
        submission = self._queue.get()
        while submission is not None:
            if submission.outcomes.set_running_or_notify_cancel():
                batch.append(submission)
                lines += submission.lines
            if batch and (lines >= self._batch_lines or self._queue.empty()):
                return batch
            submission = self._queue.get()
        if batch:
            self._queue.put(None)  # one thread, if not this one, stops after what it has taken
        return batch

    def _write(self, batch: Sequence[Submission]) -> None:
        refresh_connection()
        try:
            outcomes = iter(self._place([draft for submission in batch for draft in submission.drafts]))
        except (DatabaseError, InterfaceError) as error:
            if len(batch) > 1 and not is_outage(error):
                self._write_one_by_one(batch)
            else:
                _fail(batch, error)
        else:
            for submission in batch:
                submission.outcomes.set_result([next(outcomes) for _ in submission.drafts])

    def _write_one_by_one(self, batch: Sequence[Submission]) -> None:
        """Store each submission by itself, until one times out: with a table locked, or a slow disk, all would."""
        for index, submission in enumerate(batch, start=1):
            self._write([submission])
            error = submission.outcomes.exception()
            if error is not None and is_timeout(error):
                _fail(batch[index:], Overloaded(_QUEUE_FULL))
                return


def _fail(batch: Sequence[Submission], error: BaseException) -> None:
    for submission in batch:
        submission.outcomes.set_exception(error)


class Writers:
    """The writers of this process: one for small submissions, and one for large ones, which small ones never wait for.

    At exit they store what is queued; a forked child has new ones.
    """

    def __init__(self, place: PlaceOrders) -> None:
        self._place = place
        self._renew()
        os.register_at_fork(after_in_child=self._renew)  # threads do not survive a fork
        atexit.register(self.stop)

    def submit(self, drafts: Sequence[Draft]) -> Submission:
        """`OrderWriter.submit` with the writer for submissions of this size."""
        submission = Submission(drafts)
        return (self._large if submission.lines > _LARGE else self._small).submit(submission)

    def stop(self, *, timeout: float = 5.0) -> None:
        """Drain the writers: called when the server has answered its last request."""
        self._small.stop(timeout=timeout)
        self._large.stop(timeout=timeout)

    def _renew(self) -> None:
        self._small, self._large = self._new_writer(), self._new_writer(threads=_LARGE_THREADS)

    def _new_writer(self, *, threads: int = 1) -> OrderWriter:
        limits = {"queue_size": settings.INTAKE_QUEUE_SIZE, "batch_lines": settings.INTAKE_BATCH_LINES}
        return OrderWriter(self._place, **limits, threads=threads)
