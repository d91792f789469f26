"""Code in an event loop, where it must not block."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from common.nonblocking import nonblocking_context

T = TypeVar("T")


def in_event_loop(work: Callable[[], T]) -> T:
    """What `work` returns or raises in an event loop's nonblocking context."""

    async def run() -> T:
        return nonblocking_context().run(work)

    return asyncio.run(run())
