"""Draining: stopping once all consumers have caught up.

Handling an event may publish the next one, so no consumer can tell by itself.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.db import Error

from common.postgres import is_unavailable, refresh_connection
from messaging.outbox.pending import anything_pending


class Draining:
    """Whether all consumers of a process have caught up. They share one object.

    They have once each of them has found no lag and an empty outbox, and none has handled a batch since the first
    of these checks.
    """

    def __init__(self, consumers: Iterable[str]) -> None:
        self._consumers = frozenset(consumers)
        self._lock = threading.Lock()
        self._caught_up: set[str] = set()
        self._changes = 0  # batches begun and ended
        self.done = False

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Around the handling of a batch."""
        self._note_change()
        try:
            yield
        finally:
            self._note_change()

    def check(self, consumer: str, lag: Callable[[], int | None]) -> None:
        """Note that `consumer` has caught up, if it has and no batch began or ended during the check."""
        changes = self._changes
        refresh_connection()
        caught_up = not _anything_pending() and lag() == 0  # in this order: what leaves the outbox adds to the lag
        with self._lock:
            if caught_up and changes == self._changes:
                self._caught_up.add(consumer)
                self.done = self._caught_up == self._consumers

    def _note_change(self) -> None:
        with self._lock:
            self._changes += 1
            self._caught_up.clear()


def _anything_pending() -> bool:
    """Whether an event may wait for a publisher; True while the database can't be asked."""
    try:
        return anything_pending()
    except Error as error:
        if not is_unavailable(error):
            raise
        return True
