"""A cache in the process's memory, whose values are reloaded in the background."""

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

_MAX_REFRESHED = 1000  # keys of one refresh
_REFRESHES = 20  # within the time to live, at most
_MAX_UNUSED = 10  # times the time to live, after which an unused entry is dropped
_WAIT = 4.0  # seconds that threads wait for another thread's load before one of them loads itself


class LoadTimeout(OperationalError):
    """A value was not loaded in time; handled like other outages of the database."""


@dataclass(slots=True)
class _Entry(Generic[V]):
    value: V
    refresh_at: float
    expires_at: float
    used_at: float


class RefreshingCache(Generic[K, V]):
    """A cache that returns values from memory while one thread reloads them.

    A value is never used for longer than `ttl` after its load began. In the second half of that time one thread reloads
    it, together with all others that are due, while the other threads use the values in memory: a thousand values in
    steady use cost a few loads in `ttl`. Threads that need a missing value wait for one load: for `wait` seconds, then
    one of them begins another load, and a thread that has waited twice gets LoadTimeout.
    Keys that `load` returns no value for are not remembered. An error of `load` is raised in all threads that wait for
    it, and the next call loads again.
    """

    def __init__(
        self,
        load: Callable[[Collection[K]], Mapping[K, V]],
        ttl: timedelta,
        max_size: int,
        clock: Callable[[], float] = time.monotonic,
        wait: float = _WAIT,
    ) -> None:
        self.load = load
        self._ttl = ttl.total_seconds()
        self._max_size = max_size
        self._clock = clock
        self._wait = wait
        self._entries: dict[K, _Entry[V]] = {}  # oldest first
        self._next_refresh_at = float("-inf")
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
            if now >= entry.expires_at or (now >= entry.refresh_at and now >= self._next_refresh_at):
                due.append(key)
        if due:
            found |= self._reload(due, have=found)
        return found

    def __contains__(self, key: K) -> bool:
        """Whether `get_many` would return the key's value from memory."""
        entry = self._entries.get(key)
        return entry is not None and self._clock() < entry.expires_at

    def forget(self, *keys: K) -> None:
        """Drop these keys, after a change of them was committed."""
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
        # This thread's load has ended by now, so two threads that need each other's keys don't wait for ever.
        needed = {key: load for key, load in loads.items() if load is mine or key not in have}
        return {key: value[key] for key, load in needed.items() if key in (value := self._result(load))}

    def _result(self, load: "Future[Mapping[K, V]]") -> Mapping[K, V]:
        try:
            return load.result(self._wait)
        except FutureTimeout:
            if load.done():  # the load itself raised this error
                raise
            with self._lock:
                self._end(list(self._loading), load)
            raise LoadTimeout(LoadTimeout.__doc__) from None

    def _others_due(self, load: "Future[Mapping[K, V]]") -> list[K]:
        """Add all other keys that are due to a load, and drop unused entries. Called with the lock held."""
        now = self._clock()
        if now < self._next_refresh_at:
            return []
        self._next_refresh_at = now + self._ttl / _REFRESHES
        others: list[K] = []
        for key, entry in list(islice(self._entries.items(), _MAX_REFRESHED)):
            if now < entry.refresh_at:
                break
            if entry.used_at < now - _MAX_UNUSED * self._ttl:
                del self._entries[key]
            elif key not in self._loading:
                self._loading[key] = load
                others.append(key)
        return others

    def _run(self, keys: Collection[K], load: "Future[Mapping[K, V]]") -> None:
        """Carry out a load. Values of keys that were dropped meanwhile are not stored, since they may be outdated."""
        asked_at = self._clock()
        try:
            values = self.load(keys)
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
        """Remove a load of these keys; returns those that were not dropped meanwhile."""
        own = [key for key in keys if self._loading.get(key) is load]
        for key in own:
            del self._loading[key]
        return own

    def _start(self) -> None:
        """Begin without loads: at first, and in a forked process, which does not have the threads that were loading."""
        self._lock = threading.Lock()
        self._loading: dict[K, Future[Mapping[K, V]]] = {}


_caches: "WeakSet[RefreshingCache[Any, Any]]" = WeakSet()


def clear_all() -> None:
    """Clear all caches of this process; for tests, which change rows."""
    for cache in list(_caches):
        cache.clear()


def _restart_after_fork() -> None:
    for cache in list(_caches):
        cache._start()


os.register_at_fork(after_in_child=_restart_after_fork)
