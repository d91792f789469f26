"""Code that may not block, since it runs in an event loop: what would block says so, and a thread does it instead.

`about_to_block` is called by what is about to wait for something outside of this process: by the caches before they
load, and by whatever touches a database connection (`NoDatabase`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

from django.db import DEFAULT_DB_ALIAS, connections

_may_block: ContextVar[bool] = ContextVar("may_block", default=True)


class WouldBlock(BaseException):
    """The work has to wait for something. Not an Exception: nothing on the way may take it for an error."""


@contextmanager
def nonblocking() -> Iterator[None]:
    """Have whatever would block inside raise WouldBlock. For one thread at a time, in a context of its own."""
    before = connections[DEFAULT_DB_ALIAS]
    token = _may_block.set(False)
    connections[DEFAULT_DB_ALIAS] = NoDatabase()  # type: ignore[assignment]
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = before
        _may_block.reset(token)


def about_to_block() -> None:
    """Raises:
    WouldBlock: inside of `nonblocking`.
    """
    if not _may_block.get():
        raise WouldBlock


class NoDatabase:
    """Stands for a database connection where none may be used."""

    alias = DEFAULT_DB_ALIAS

    def __getattr__(self, name: str) -> NoReturn:
        raise WouldBlock(name)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise WouldBlock(name)
