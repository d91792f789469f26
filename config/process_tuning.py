"""What Django does around each request, and a server that answers a thousand a second need not."""

from importlib import import_module

from django.conf import settings
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished
from django.db import close_old_connections

from common import process_tuning


def tune() -> None:
    """Call once, before the first request. The server calls Django's handler without its signals of begin and end."""
    request_finished.disconnect(close_old_connections)  # responses send this one
    request_finished.disconnect(close_caches)  # there is none with connections
    request_finished.disconnect(reset_urlconf)  # no request has other paths than the next one
    import_module(settings.ROOT_URLCONF)
    process_tuning.tune()
