"""A watchdog for database connections that wait for a response which will never come.

After a fail-over, or behind a proxy, a connection may accept bytes and never respond. TCP notices nothing, and a time
limit of the client would end slow statements, too. So a thread asks the server by another connection which backends
are active, and ends, at both ends, the connections whose backends are not.
"""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol
from weakref import WeakSet

import structlog

from common.server_sessions import QueryRejected, ServerUnreachable, active_backends

log = structlog.get_logger(__name__)

_POLL_INTERVAL = 0.5  # seconds
_FIRST_CHECK = 1.5  # seconds after the beginning of a call
_SECOND_CHECK = 1.0  # seconds after a check that found no active backend: the response may have been on its way
_LATER_CHECKS = 5.0  # seconds between checks of a call whose backend is active
_MAX_UNCHECKED = 60.0  # seconds after which a call is ended that could not be checked, as for want of a connection


class Call(Protocol):
    began: float
    next_check: float
    inactive_since: float


class Connection(Protocol):
    """The interface of WatchedConnection to the watchdog."""

    @property
    def call(self) -> Call | None: ...
    @property
    def server(self) -> str: ...
    @property
    def backend_pid(self) -> int: ...
    @property
    def closed(self) -> int: ...
    def cut(self) -> None: ...


Waiting = tuple[Connection, Call]


class ConnectionWatchdog:
    """Checks the connections of this process, in a thread that is started with the first of them."""

    def __init__(self) -> None:
        self._connections: WeakSet[Connection] = WeakSet()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, connection: Connection) -> None:
        with self._lock:
            self._connections.add(connection)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="connection-watchdog", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(_POLL_INTERVAL)
            self._check()

    def _check(self) -> None:
        by_server: dict[str, list[Waiting]] = defaultdict(list)
        for connection, call in self._due(time.monotonic()):
            by_server[connection.server].append((connection, call))
        for server, waiting in by_server.items():
            self._check_calls(server, waiting)

    def _due(self, now: float) -> list[Waiting]:
        with self._lock:
            connections = list(self._connections)
        calls = [(connection, connection.call) for connection in connections if not connection.closed]
        return [(c, call) for c, call in calls if call and now >= (call.next_check or call.began + _FIRST_CHECK)]

    def _check_calls(self, server: str, waiting: Iterable[Waiting]) -> None:
        pids = {connection.backend_pid: call for connection, call in waiting}
        found_inactive = [pid for pid, call in pids.items() if call.inactive_since]
        try:
            active = active_backends(server, pids, terminate=found_inactive)
        except ServerUnreachable:
            active = set()
        except QueryRejected:
            self._end_unchecked(waiting)
            return
        for connection, call in waiting:
            self._note(connection, call, is_active=connection.backend_pid in active)

    def _note(self, connection: Connection, call: Call, *, is_active: bool) -> None:
        now = time.monotonic()
        if is_active:
            call.inactive_since, call.next_check = 0.0, now + _LATER_CHECKS
        elif not call.inactive_since:
            call.inactive_since, call.next_check = now, now + _SECOND_CHECK
        else:
            self._cut(connection, call)

    def _end_unchecked(self, waiting: Iterable[Waiting]) -> None:
        now = time.monotonic()
        for connection, call in waiting:
            call.next_check = now + _LATER_CHECKS
            if now - call.began > _MAX_UNCHECKED:
                self._cut(connection, call)

    def _cut(self, connection: Connection, call: Call) -> None:
        if connection.call is call:  # else it has its response by now
            connection.cut()
            log.warning("database_connection_cut", waited_seconds=round(time.monotonic() - call.began, 1))


_watchdog = ConnectionWatchdog()


def watch(connection: Connection) -> None:
    """Have a connection of this process checked until it is closed."""
    _watchdog.watch(connection)


def _reset_after_fork() -> None:
    global _watchdog  # noqa: PLW0603 - neither threads nor connections are a forked process's own
    _watchdog = ConnectionWatchdog()


os.register_at_fork(after_in_child=_reset_after_fork)
