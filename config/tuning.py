"""What Django and Python do around each request, and a server that answers a thousand a second need not."""

import gc
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

from messaging.connections import refresh_connection

_GARBAGE = 10_000  # objects after which the youngest are looked through; Python's own is 700


def tune() -> None:
    """Call once, before the first request."""
    request_started.disconnect(reset_queries)  # kept in DEBUG only, and then the newest 9,000
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)  # there is none with connections
    request_started.connect(_refresh_connection, dispatch_uid="config.tuning")
    _spare_what_stays()


def _refresh_connection(**_: Any) -> None:
    """Threads are kept and so are their connections: each is looked at once a second, and after an error."""
    refresh_connection()


def _spare_what_stays() -> None:
    """Let the garbage collector pass over all that was loaded, and look less often for what requests leave behind."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 20)
