"""Values that are read far more often than they change, kept in the process's memory for a few seconds."""

import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from django.db import OperationalError

from common.nonblocking import about_to_block

K = TypeVar("K")
V = TypeVar("V")

_MOST_AT_ONCE = 1000  # keys of a refresh
_ROUNDS = 20  # of refreshing within the time to live, at most
_IN_USE = 10  # times the time to live: what was not asked for in so long is given up
_WAIT = 4.0  # seconds that threads wait for another thread's load; then it is given up, and one of them loads


class LoadTimeout(OperationalError):
    """What is needed was not loaded in time: an outage like any other of the database."""


@dataclass(slots=True)
class _Entry(Generic[V]):
    value: V
    refresh_at: float
    expires_at: float
    used_at: float


class RefreshingCache(Generic[K, V]):
    """A cache that answers from memory while one thread reloads.

    A value is never used for longer than `ttl` after it was asked of `load`. In the second half of that time one thread
    reloads it, together with all others that are due, and meanwhile the other threads go on with the values that they
    have: a thousand values in steady use cost a few loads in `ttl`. Where there is no value, all wait for one load, but
    not for ever: after `wait` seconds one of them begins another, and who has waited twice gets LoadTimeout.
    What `load` leaves out is not remembered. What it raises, all who needed it get, and the next one tries again.
    """

    def __init__(
        self,
        load: Callable[[Collection[K]], Mapping[K, V]],
        ttl: timedelta,
        max_size: int,
        clock: Callable[[], float] = time.monotonic,
        wait: float = _WAIT,
    ) -> None:
        self._load = load
        self._ttl = ttl.total_seconds()
        self._max_size = max_size
        self._clock = clock
        self._wait = wait
        self._entries: dict[K, _Entry[V]] = {}  # oldest first
        self._next_round_at = float("-inf")
        self._start()
        _caches.add(self)

    def get_many(self, keys: Iterable[K]) -> dict[K, V]:
        """The values of those `keys` that have one."""
        now = self._clock()
        entries = self._entries
        found: dict[K, V] = {}
        due: list[K] = []
        for key in keys:
            entry = entries.get(key)
            if entry is None:
                due.append(key)
                continue
            entry.used_at = now
            if now < entry.expires_at:
                found[key] = entry.value
            if now >= entry.expires_at or (now >= entry.refresh_at and now >= self._next_round_at):
                due.append(key)
        if due:
            found |= self._reload(due, have=found)
        return found

    def __contains__(self, key: K) -> bool:
        """Whether `get_many` would answer from memory."""
        entry = self._entries.get(key)
        return entry is not None and self._clock() < entry.expires_at

    def forget(self, *keys: K) -> None:
        """Reload these when they are asked for next: for whoever has just committed a change of them."""
        with self._lock:
            for key in keys:
                self._entries.pop(key, None)
                self._loading.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._loading.clear()

    def _reload(self, due: Collection[K], *, have: Collection[K]) -> dict[K, V]:
        about_to_block()
        try:
            return self._load_or_wait(due, have=have)
        except LoadTimeout:
            return self._load_or_wait([key for key in due if key not in have], have=have)

    def _load_or_wait(self, due: Collection[K], *, have: Collection[K]) -> dict[K, V]:
        mine: Future[Mapping[K, V]] = Future()
        with self._lock:
            loads = {key: self._loading.setdefault(key, mine) for key in due}
            own = [key for key, load in loads.items() if load is mine]
            if own:
                own += self._others_due(mine)
        if own:
            self._run(own, mine)
        # The own load has ended by now, so two threads that wait for each other's keys both go on.
        needed = {key: load for key, load in loads.items() if load is mine or key not in have}
        return {key: value[key] for key, load in needed.items() if key in (value := self._result(load))}

    def _result(self, load: "Future[Mapping[K, V]]") -> Mapping[K, V]:
        try:
            return load.result(self._wait)
        except FutureTimeout:
            if load.done():  # it is what the load itself ended with
                raise
            with self._lock:
                self._end(list(self._loading), load)
            raise LoadTimeout(LoadTimeout.__doc__) from None

    def _others_due(self, load: "Future[Mapping[K, V]]") -> list[K]:
        """Put on a load what is due besides, and give up what is not in use any more. The lock is held."""
        now = self._clock()
        if now < self._next_round_at:
            return []
        self._next_round_at = now + self._ttl / _ROUNDS
        others: list[K] = []
        for key, entry in list(islice(self._entries.items(), _MOST_AT_ONCE)):
            if now < entry.refresh_at:
                break
            if entry.used_at < now - _IN_USE * self._ttl:
                del self._entries[key]
            elif key not in self._loading:
                self._loading[key] = load
                others.append(key)
        return others

    def _run(self, keys: Collection[K], load: "Future[Mapping[K, V]]") -> None:
        """Carry out a load. Keys that were forgotten meanwhile are no longer its own: what it read may be outdated."""
        asked_at = self._clock()
        try:
            values = self._load(keys)
        except BaseException as error:
            with self._lock:
                self._end(keys, load)
            load.set_exception(error)
            raise
        with self._lock:
            for key in self._end(keys, load):
                old = self._entries.pop(key, None)
                if key in values:
                    used_at = old.used_at if old else asked_at
                    self._entries[key] = _Entry(values[key], asked_at + self._ttl / 2, asked_at + self._ttl, used_at)
            while len(self._entries) > self._max_size:
                del self._entries[next(iter(self._entries))]
        load.set_result(values)

    def _end(self, keys: Iterable[K], load: "Future[Mapping[K, V]]") -> list[K]:
        """Take a load off the table; the keys that were still its own."""
        own = [key for key in keys if self._loading.get(key) is load]
        for key in own:
            del self._loading[key]
        return own

    def _start(self) -> None:
        """Begin with nobody at work: at first, and in a forked process, where the threads at work are gone."""
        self._lock = threading.Lock()
        self._loading: dict[K, Future[Mapping[K, V]]] = {}


_caches: "WeakSet[RefreshingCache[Any, Any]]" = WeakSet()


def clear_all() -> None:
    """Forget what every cache of this process holds: between tests, the rows behind it change."""
    for cache in list(_caches):
        cache.clear()


def _restart_after_fork() -> None:
    for cache in list(_caches):
        cache._start()


os.register_at_fork(after_in_child=_restart_after_fork)
