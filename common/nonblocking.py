"""Running code in an event loop: where it would block the loop, WouldBlock is raised, and a thread runs it again.

`about_to_block` is called before a wait for something outside of this process: by caches before they load, and by any
use of a database connection (`NoDatabase`).
"""

import asyncio
from contextvars import Context, ContextVar
from typing import Any, NoReturn

from django.db import DEFAULT_DB_ALIAS, connections

_may_block: ContextVar[bool] = ContextVar("may_block", default=True)


class WouldBlock(BaseException):
    """The code is about to block. Not an Exception, so that no handler of errors catches it."""


def nonblocking_context() -> Context:
    """A context for code that must not block: run each call in a copy of it.

    To be called in an event loop, whose thread runs the code: Django keeps connections by thread, and by context only
    where a loop runs. It is made once, since making it takes as long as a good part of a request.
    """
    context = Context()
    context.run(_forbid_to_block)
    return context


def _forbid_to_block() -> None:
    asyncio.get_running_loop()  # raises: elsewhere, the thread's own connection would be replaced
    _may_block.set(False)
    connections[DEFAULT_DB_ALIAS] = NoDatabase()  # type: ignore[assignment]


def about_to_block() -> None:
    """Raises:
    WouldBlock: in a nonblocking context.
    """
    if not _may_block.get():
        raise WouldBlock


class NoDatabase:
    """A database connection whose every use raises WouldBlock."""

    alias = DEFAULT_DB_ALIAS

    def __getattr__(self, name: str) -> NoReturn:
        raise WouldBlock(name)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise WouldBlock(name)
