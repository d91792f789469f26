"""What devstack tells the person who started it."""

import sys
from collections.abc import Callable
from typing import TextIO

Say = Callable[[str], None]


def speaker(stream: TextIO | None = None) -> Say:
    """A function that writes a line to `stream` (standard output) at once; that nobody reads any more is no error."""

    def say(message: str) -> None:
        try:
            # In one piece: several threads may speak.
            print(f"{message}\n", end="", file=stream or sys.stdout, flush=True)
        except (BrokenPipeError, ValueError):
            return

    return say


def silent(_message: str) -> None:
    """Says nothing."""
