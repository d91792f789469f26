"""Text as it is taken on every way in: trimmed at its ends, and without characters that nobody can see.

Beyond that it stays what was sent. It is not normalised (NFC) either: what a client sent is found by those characters.
"""

from string import ascii_lowercase, ascii_uppercase
from unicodedata import category

# Unicode's space separators (Zs). Tabs and line ends are control characters, also at the ends: refused, not trimmed.
_SPACES = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Control and format characters, line and paragraph separators, halves of surrogate pairs. Characters of a newer Unicode
# than Python's (unassigned, Cn) are taken, and so are private ones (Co): fonts and people use both.
_INVISIBLE = frozenset(("Cc", "Cf", "Zl", "Zp", "Cs"))
CUT = "…"  # where a text was cut
_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)


def trim(text: str) -> str:
    """The text without spaces, of whatever width, at its ends."""
    return text.strip(_SPACES)


def ascii_upper(text: str) -> str:
    """The text with a-z in upper case. `str.upper` would also make letters A-Z that are none, such as ſ and ı."""
    return text.translate(_UPPER)


def parse_text(value: object, *, max_length: int) -> str:
    """A string as it is stored: trimmed.

    Args:
        max_length: in characters, after trimming.

    Raises:
        ValueError: no string, empty, too long, or with a character that nobody can see.
    """
    text = trim(value) if isinstance(value, str) else ""
    if not 1 <= len(text) <= max_length or not is_visible(text):
        raise ValueError(
            f"must be a string of 1 to {max_length} characters, none of them a control or format character"
        )
    return text


def shorten(text: str, most: int) -> str:
    """The text, cut after `most` characters."""
    return text if len(text) <= most else text[:most] + CUT


def is_visible(text: str) -> bool:
    """Whether all of its characters can be seen, or are spaces."""
    return text.isprintable() or not any(map(_is_invisible, text))


def _is_invisible(character: str) -> bool:
    return category(character) in _INVISIBLE or _is_noncharacter(ord(character))


def _is_noncharacter(code: int) -> bool:
    """Whether Unicode keeps a code point from ever being a character, as it does with U+FFFE."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
