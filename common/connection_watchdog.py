"""Noticing that the server no longer works on what a connection waits for.

A proxy or a fail-over can swallow a connection: it takes bytes and never answers. TCP sees nothing wrong, and the
server's own time limits end a statement of which nobody hears. A time limit of the client would end slow statements,
too. So a thread asks the server by a connection of its own whether it is at work for those who wait, and ends, at
both ends, the connections of which it is not.
"""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol
from weakref import WeakSet

import structlog

from common.server_sessions import ServerSilent, ServerUnwilling, backends_at_work

log = structlog.get_logger(__name__)

_POLL_INTERVAL = 0.5  # seconds
_FIRST_LOOK = 1.5  # seconds after which it is looked whether the server works on a call
_SECOND_LOOK = 1.0  # seconds after the first look that found nobody at work: the answer may have been on its way
_LATER_LOOKS = 5.0  # seconds between looks at a call that the server works on
_UNKNOWN = 60.0  # seconds after which a call ends about which the server says nothing, such as for want of connections


class Call(Protocol):
    began: float
    next_look: float
    missing_since: float


class Connection(Protocol):
    """What WatchedConnection is to the watchdog."""

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
    """Looks after the connections of this process, in a thread that the first of them starts."""

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
            self._look()

    def _look(self) -> None:
        by_server: dict[str, list[Waiting]] = defaultdict(list)
        for connection, call in self._due(time.monotonic()):
            by_server[connection.server].append((connection, call))
        for server, waiting in by_server.items():
            self._judge(server, waiting)

    def _due(self, now: float) -> list[Waiting]:
        with self._lock:
            connections = list(self._connections)
        calls = [(connection, connection.call) for connection in connections if not connection.closed]
        return [(c, call) for c, call in calls if call and now >= (call.next_look or call.began + _FIRST_LOOK)]

    def _judge(self, server: str, waiting: Iterable[Waiting]) -> None:
        pids = {connection.backend_pid: call for connection, call in waiting}
        doomed = [pid for pid, call in pids.items() if call.missing_since]
        try:
            at_work = backends_at_work(server, pids, terminate=doomed)
        except ServerSilent:
            at_work = set()
        except ServerUnwilling:
            self._end_the_unknown(waiting)
            return
        for connection, call in waiting:
            self._note(connection, call, is_at_work=connection.backend_pid in at_work)

    def _note(self, connection: Connection, call: Call, *, is_at_work: bool) -> None:
        now = time.monotonic()
        if is_at_work:
            call.missing_since, call.next_look = 0.0, now + _LATER_LOOKS
        elif not call.missing_since:
            call.missing_since, call.next_look = now, now + _SECOND_LOOK
        else:
            self._cut(connection, call)

    def _end_the_unknown(self, waiting: Iterable[Waiting]) -> None:
        now = time.monotonic()
        for connection, call in waiting:
            call.next_look = now + _LATER_LOOKS
            if now - call.began > _UNKNOWN:
                self._cut(connection, call)

    def _cut(self, connection: Connection, call: Call) -> None:
        if connection.call is call:  # else it has its answer by now
            connection.cut()
            log.warning("database_connection_cut", waited_seconds=round(time.monotonic() - call.began, 1))


_watchdog = ConnectionWatchdog()


def watch(connection: Connection) -> None:
    """Look after a connection of this process until it is gone."""
    _watchdog.watch(connection)


def _reset_after_fork() -> None:
    global _watchdog  # noqa: PLW0603 - neither threads nor connections are a forked process's own
    _watchdog = ConnectionWatchdog()


os.register_at_fork(after_in_child=_reset_after_fork)
