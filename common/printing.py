"""Escaping text for terminals and logs: it must not control the terminal, nor end a line. What logs are written to."""

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import TextIO


def printable(text: str, *, keep: str = "") -> str:
    r"""Text whose characters are escaped as in JSON (\u001b), except printable ones and those of `keep`.

    Escaped are control and format characters, line separators, spaces other than U+0020, and lone surrogates, which
    stand for bytes that are not UTF-8. A JSON document stays equivalent.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else _escaped(char) for char in text)


def never_fail(stream: object) -> None:
    """Make a text stream escape characters that its encoding lacks, instead of raising UnicodeEncodeError."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=_ERRORS)


def open_closed_streams() -> None:
    """Open /dev/null in place of standard streams that are closed, as `command >&-` has them.

    Python has None for such a stream, and its number would go to the next file or connection that is opened.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)  # it gets the lowest number that is free
            os.set_inheritable(opened, True)
            setattr(sys, name, open(number, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: PTH123, SIM115


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


def _escaped(char: str) -> str:
    """A character as JSON escapes: one for each UTF-16 code unit."""
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _escape_unencodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_escaped, error.object[error.start : error.end])), error.end


_ERRORS = "json-escape"
codecs.register_error(_ERRORS, _escape_unencodable)
