"""The duration of a step, for the person who waits."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from devstack.console import Say

LONG_SECONDS = 2.0


@contextmanager
def timed(say: Say, done: str, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Print after the block what is done and how long it took, if that is over 2 s."""
    began = clock()
    yield
    took = clock() - began
    if took > LONG_SECONDS:
        say(f"{done}: {took:.1f} s")
