"""Calling Django, which is synchronous: in the event loop where it does not block, otherwise in threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from functools import cached_property, partial
from typing import Any, TypeVar

from django.core.handlers.base import BaseHandler
from django.http import HttpResponseBase

from api.deferred import SERVER_WAITS
from api.requests import Utf8Request
from common.nonblocking import WouldBlock, nonblocking_context
from common.postgres import refresh_connection

T = TypeVar("T")
Environ = dict[str, Any]
Respond = Callable[[Environ], HttpResponseBase]


class ReleasedRequest(Utf8Request):
    """A request that lets go of all that it holds once its response is closed.

    It is part of reference cycles: by its user, its messages, and by Django's error pages, whose exceptions hold the
    frames that have the environ. Its body would stay in memory until the garbage collector comes, which counts objects
    and not bytes: of sixty large bodies, a gigabyte did.
    """

    def close(self) -> None:
        super().close()
        self.environ.clear()
        self.__dict__.clear()


def by_django(handler: BaseHandler) -> Respond:
    """A function that calls Django, whose responses may be deferred."""

    def respond(environ: Environ) -> HttpResponseBase:
        environ[SERVER_WAITS] = True
        return handler.get_response(ReleasedRequest(environ))

    return respond


class Caller:
    """Calls a synchronous function for each request. To be used in the event loop's thread.

    Args:
        respond: the function, as `by_django` returns it.
        threads: the number of threads for `in_thread` and `run`.
    """

    def __init__(self, respond: Respond, *, threads: int, name: str) -> None:
        self._respond = respond
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def in_loop(self, environ: Environ) -> HttpResponseBase | None:
        """The response, made in the event loop; None if that would have blocked: then call `in_thread`."""
        return self._nonblocking.copy().run(self._respond_or_none, environ)

    async def in_thread(self, environ: Environ) -> HttpResponseBase:
        return await self.run(self._blocking, environ)

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """Call a function in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(work, *arguments))

    def stop(self) -> None:
        """End the threads after their current calls."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    @cached_property
    def _nonblocking(self) -> Context:
        return nonblocking_context()

    def _respond_or_none(self, environ: Environ) -> HttpResponseBase | None:
        try:
            return self._respond(environ)
        except WouldBlock:
            return None

    def _blocking(self, environ: Environ) -> HttpResponseBase:
        refresh_connection()
        return self._respond(environ)
