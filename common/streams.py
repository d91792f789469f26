"""The standard streams of a process, which may be closed, full, or read by nobody."""

import io
import os
import select
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import NoReturn, TextIO

INTERRUPTED = 130  # the exit status after Ctrl-C: 128 + SIGINT
TERMINATED = 143  # and after SIGTERM
_WRITE_TIMEOUT = 1.0  # seconds that a line of a log waits for its reader


def open_closed_streams() -> None:
    """Open /dev/null in place of standard streams that are closed, as `command >&-` has them.

    Python has None for such a stream, and its number would go to the next file or connection that is opened.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)  # it gets the lowest number that is free
            os.set_inheritable(opened, True)
            setattr(sys, name, open(number, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: PTH123, SIM115


def end_interrupted() -> NoReturn:
    """End a process that met Ctrl-C while it was loaded: by one line instead of a traceback."""
    print("orderflow: interrupted", file=sys.stderr)
    sys.exit(INTERRUPTED)


def forget_stdout() -> None:
    """Redirect stdout, whose pipe is closed, so that Python does not fail again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class LogStream(io.TextIOBase):
    """A text stream for logs: what can't be written is lost.

    A disk that is full, or a reader of the logs that has gone or reads no more, is no reason to refuse an order, nor to
    keep it waiting, nor to end a process.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._lock = threading.Lock()
        self._has_lost = False
        self._poll = _poll(stream)

    def write(self, text: str) -> int:
        # Another process that writes to the same pipe may take the room that was found here: then one thread waits with
        # the lock, and the lines of the others are lost.
        if self._lock.acquire(timeout=self._timeout()):
            try:
                self._has_lost = not all(map(self._write_part, _parts(text)))
            finally:
                self._lock.release()
        return len(text)

    def flush(self) -> None:
        """Nothing is left to do: each line is written at once."""

    def _write_part(self, part: str) -> bool:
        """Write a part of a line; whether there was room for it."""
        if self._poll and not self._poll.poll(self._timeout() * 1000):
            return False
        with suppress(OSError):
            self._stream.write(part)
            self._stream.flush()
        return True

    def _timeout(self) -> float:
        """The seconds to wait for a reader: 0 once a line was lost, until it reads again."""
        return 0 if self._has_lost else _WRITE_TIMEOUT


def _poll(stream: TextIO) -> "select.poll | None":
    """A poll that says whether the stream has room; None for a file or a stream in memory, which nobody has to read."""
    poll = select.poll()
    try:
        if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            return None
        poll.register(stream.fileno(), select.POLLOUT)
    except (OSError, ValueError):
        return None
    return poll


def _parts(text: str) -> Iterator[str]:
    """Parts that a pipe takes whole as soon as it has room: most lines are one."""
    size = select.PIPE_BUF if text.isascii() else select.PIPE_BUF // 4  # bytes of a character in UTF-8
    return (text[at : at + size] for at in range(0, len(text), size))
