"""Messages to the person who started devstack."""

import sys
from collections.abc import Callable
from typing import TextIO

Say = Callable[[str], None]


def speaker(stream: TextIO | None = None) -> Say:
    """A function that writes a line to `stream` (standard output) at once; a closed pipe is no error."""

    def say(message: str) -> None:
        try:
            # In one write, because several threads may write lines.
            print(f"{message}\n", end="", file=stream or sys.stdout, flush=True)
        except (BrokenPipeError, ValueError):
            return

    return say


def silent(_message: str) -> None:
    """Discard the message."""
