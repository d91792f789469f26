"""What Django and Python do around each request, and a server that answers a thousand a second need not."""

import gc
import os
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from common.postgres import refresh_connection
from serving.crew import blocking

_GARBAGE = 10_000  # objects after which the youngest are looked through; Python's own is 700


def tune() -> None:
    """Call once, before the first request."""
    request_started.disconnect(reset_queries)  # kept in DEBUG only, and then the newest 9,000
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)  # there is none with connections
    request_started.connect(_refresh_connection, dispatch_uid="config.tuning")
    connection_created.connect(_note_queries, dispatch_uid="config.tuning")
    _let_others_finish()
    _spare_what_stays()


def _refresh_connection(**_: Any) -> None:
    """Threads are kept and so are their connections: each is looked at once a second, and after an error."""
    refresh_connection()


def _note_queries(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let another thread serve during a query. A thread that connects anew has its wrappers still."""
    if _execute_and_say_so not in connection.execute_wrappers:
        connection.execute_wrappers.append(_execute_and_say_so)


def _execute_and_say_so(execute: Callable[..., Any], *query: Any) -> Any:
    with blocking():
        return execute(*query)


def _let_others_finish() -> None:
    """Have Linux wake the threads of this process without interrupting who runs, be it one of them or PostgreSQL.

    A request wakes half a dozen threads, none of which can go on before the one that woke it lets go of the GIL. At 32
    clients a third of all orders more is accepted on two cores. Threads that start later inherit it.
    """
    if hasattr(os, "SCHED_BATCH"):
        for thread in Path("/proc/self/task").iterdir():
            with suppress(OSError):  # it has ended, or a container forbids it
                os.sched_setscheduler(int(thread.name), os.SCHED_BATCH, os.sched_param(0))


def _spare_what_stays() -> None:
    """Let the garbage collector pass over all that was loaded, and look less often for what requests leave behind."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 20)
