"""A psycopg2 connection that `connection_watchdog` checks while it waits for the server."""

import os
import socket
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from psycopg2 import OperationalError, extensions

from common.connection_watchdog import watch
from common.prepared_statements import PreparedStatements

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(slots=True)
class Call:
    """A call that waits for the server's response; all times on the monotonic clock.

    Attributes:
        next_check: when the watchdog checks it next; 0 before the first check.
        inactive_since: when the server's backend was first found inactive; 0 as long as it is active.
    """

    began: float
    next_check: float = 0.0
    inactive_since: float = 0.0


def _watched(method: Method) -> Method:
    """A method of a connection or a cursor that waits for the server, with its call noted for the watchdog."""

    @wraps(method)
    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        connection = getattr(self, "connection", self)
        connection.call = Call(time.monotonic())
        try:
            return method(self, *args, **kwargs)
        finally:
            connection.call = None

    return watched  # type: ignore[return-value]


class WatchedCursor(extensions.cursor):
    execute = _watched(extensions.cursor.execute)
    executemany = _watched(extensions.cursor.executemany)


class WatchedNamedCursor(WatchedCursor):
    """A server-side cursor, whose fetches wait for the server, too."""

    fetchone = _watched(extensions.cursor.fetchone)
    fetchmany = _watched(extensions.cursor.fetchmany)
    fetchall = _watched(extensions.cursor.fetchall)
    close = _watched(extensions.cursor.close)


class WatchedConnection(extensions.connection):
    """For `connection_factory` of psycopg2, together with WatchedCursor as its `cursor_factory`.

    Attributes:
        call: the call that waits for the server at this time.
        prepared: the statements that its session has prepared.
        server: the DSN of the very server that this connection is to, with the password.
        backend_pid: of its backend; stored, because the watchdog may need it while the connection is being closed.
    """

    def __init__(self, dsn: str, *args: Any, **kwargs: Any) -> None:
        self.call: Call | None = None
        self.prepared = PreparedStatements()
        super().__init__(dsn, *args, **kwargs)
        self.server = self._reached(dsn)
        self.backend_pid = self.get_backend_pid()
        # A duplicate: libpq may close its own at any time, and the number could be another connection's then.
        try:
            self._descriptor = os.dup(self.fileno())
        except OSError as error:  # no descriptor is left: as where libpq meets that, one file before
            super().close()  # not once the error is forgotten: its traceback has this connection
            raise OperationalError(f"connection not opened: {error.strerror}") from error
        self._cutting = threading.Lock()
        self._close_descriptor = weakref.finalize(self, os.close, self._descriptor)
        self._close_descriptor.atexit = False
        watch(self)

    commit = _watched(extensions.connection.commit)
    rollback = _watched(extensions.connection.rollback)

    def cursor(self, name: Any = None, **kwargs: Any) -> Any:  # type: ignore[override] # psycopg2's is overloaded
        if name is not None:
            kwargs["cursor_factory"] = WatchedNamedCursor
        return super().cursor(name, **kwargs)

    def _reached(self, dsn: str) -> str:
        if "hostaddr" in extensions.parse_dsn(dsn) or not self.info.host:
            return dsn
        return str(extensions.make_dsn(dsn, host=self.info.host, port=self.info.port))

    def cut(self) -> None:
        """Shut the socket down, from another thread: the call that waits fails, and all later ones too."""
        with self._cutting, suppress(OSError):
            if self._close_descriptor.alive:
                with socket.socket(fileno=os.dup(self._descriptor)) as end:
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        with self._cutting:
            self._close_descriptor()
