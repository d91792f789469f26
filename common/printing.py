"""Showing text of unknown origin: on a terminal it must do nothing, in a line it must not end the line."""

import codecs
import io


def printable(text: str, *, keep: str = "") -> str:
    r"""Text with everything but printable characters, and those of `keep`, escaped as in JSON: \u001b.

    Escaped are control and format characters, line separators, blanks other than the space, and halves of surrogate
    pairs, which stand for bytes that are not UTF-8. So a JSON document stays one that says the same.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else _escaped(char) for char in text)


def never_fail(stream: object) -> None:
    """Have a text stream escape what its encoding lacks, as in JSON, instead of raising UnicodeEncodeError."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=_ERRORS)


def _escaped(char: str) -> str:
    """One escape for each unit of UTF-16, as JSON has them."""
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _escape_unencodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_escaped, error.object[error.start : error.end])), error.end


_ERRORS = "json-escape"
codecs.register_error(_ERRORS, _escape_unencodable)
