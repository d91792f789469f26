"""Running code in an event loop: where it would block the loop, WouldBlock is raised, and a thread runs it again.

`about_to_block` is called before a wait for something outside of this process: by caches before they load, and by any
use of a database connection (`NoDatabase`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

_may_block: ContextVar[bool] = ContextVar("may_block", default=True)


class WouldBlock(BaseException):
    """The code is about to block. Not an Exception, so that no handler of errors catches it."""


@contextmanager
def nonblocking() -> Iterator[None]:
    """Raise WouldBlock from code inside that is about to block. For one thread at a time, in a context of its own."""
    before = _connection()
    token = _may_block.set(False)
    connections[DEFAULT_DB_ALIAS] = NoDatabase()  # type: ignore[assignment]
    try:
        yield
    finally:
        if before is None:
            del connections[DEFAULT_DB_ALIAS]
        else:
            connections[DEFAULT_DB_ALIAS] = before
        _may_block.reset(token)


def _connection() -> BaseDatabaseWrapper | None:
    """The connection of this context; None if it has none yet. Making one takes longer than much of a request."""
    made = connections.all(initialized_only=True)
    return next((connection for connection in made if connection.alias == DEFAULT_DB_ALIAS), None)


def about_to_block() -> None:
    """Raises:
    WouldBlock: inside of `nonblocking`.
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
