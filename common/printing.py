"""Escaping text for terminals and logs: it must not control the terminal, nor end a line."""

import codecs
import io


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
