"""The standard streams of a process, which may be closed, full, or read by nobody."""

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

INTERRUPTED = 130  # the exit status after Ctrl-C: 128 + SIGINT


def open_closed_streams() -> None:
    """Open /dev/null in place of standard streams that are closed, as `command >&-` has them.

    Python has None for such a stream, and its number would go to the next file or connection that is opened.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)  # it gets the lowest number that is free
            os.set_inheritable(opened, True)
            setattr(sys, name, open(number, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: PTH123, SIM115


def forget_stdout() -> None:
    """Redirect stdout, whose pipe is closed, so that Python does not fail again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class LogStream(io.TextIOBase):
    """A text stream for logs: what can't be written is lost.

    A disk that is full, or a reader of the logs that has gone, is no reason to refuse an order, nor to end a process.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()
