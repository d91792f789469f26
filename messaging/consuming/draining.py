"""Knowing that consumers have caught up, although handling an event makes the next one."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.db import Error

from common.postgres import is_unavailable, refresh_connection
from messaging.outbox.pending import anything_pending


class Draining:
    """Shared by the consumers of a process, which are done when, with nobody at work and nothing left in the outbox,
    each has seen that no record waits for it. Work that ends in between starts the count anew."""

    def __init__(self, consumers: Iterable[str]) -> None:
        self._consumers = frozenset(consumers)
        self._lock = threading.Lock()
        self._caught_up: set[str] = set()
        self._works = 0  # begun and ended
        self.done = False

    @contextmanager
    def busy(self) -> Iterator[None]:
        self._worked()
        try:
            yield
        finally:
            self._worked()

    def look(self, consumer: str, lag: Callable[[], int | None]) -> None:
        """Note that `consumer` has caught up, if it has and nobody worked while it looked."""
        works = self._works
        refresh_connection()
        caught_up = not _anything_pending() and lag() == 0  # in this order: what leaves the outbox adds to the lag
        with self._lock:
            if caught_up and works == self._works:
                self._caught_up.add(consumer)
                self.done = self._caught_up == self._consumers

    def _worked(self) -> None:
        with self._lock:
            self._works += 1
            self._caught_up.clear()


def _anything_pending() -> bool:
    """Whether an event may wait for a publisher: while the database is away, nobody knows."""
    try:
        return anything_pending()
    except Error as error:
        if not is_unavailable(error):
            raise
        return True
