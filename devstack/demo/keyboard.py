"""Single keys of the terminal, without Enter; none where there is no terminal."""

import os
import select
import sys
import termios
import tty
from typing import Any, TextIO


class Keyboard:
    """The terminal on standard input, whose keys are read one by one inside the block. Ctrl-C stays Ctrl-C."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdin
        self._before: list[Any] | None = None

    @property
    def is_there(self) -> bool:
        """Whether there are keys to press."""
        return self._before is not None

    def __enter__(self) -> "Keyboard":
        try:
            if self._stream.isatty() and _is_in_foreground(self._stream):
                self._before = termios.tcgetattr(self._stream)
                tty.setcbreak(self._stream)
        except (OSError, ValueError, termios.error):  # closed, or not ours
            self._before = None
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            termios.tcsetattr(self._stream, termios.TCSADRAIN, self._before)
            self._before = None

    def pressed(self) -> str:
        """The key that was pressed since; "" if none was."""
        if self._before is None or not select.select([self._stream], [], [], 0)[0]:
            return ""
        key = os.read(self._stream.fileno(), 1)  # not by the stream, which would keep a second key to itself
        if not key:  # the terminal is gone
            self._before = None
        return key.decode(errors="replace")


def _is_in_foreground(stream: TextIO) -> bool:
    """Whether the terminal is ours: one that runs in the background is stopped if it changes its terminal."""
    return os.tcgetpgrp(stream.fileno()) == os.getpgrp()
