"""Waiting for a condition with a deadline, instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], *, within: float = 30.0, what: str = "") -> T:
    """The first truthy value of `condition`; fails the test after `within` seconds without one."""
    deadline = time.monotonic() + within
    pause = 0.01
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what or condition}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
    return value
