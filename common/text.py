"""Parsing text of any input: it is trimmed, and must not have invisible characters.

Otherwise it is stored as it was sent, without Unicode normalisation, so that clients find it by the same characters.
"""

from collections.abc import Mapping
from string import ascii_lowercase, ascii_uppercase
from unicodedata import category

# Unicode's space separators (Zs). Tabs and line ends are not trimmed, but rejected as control characters.
_SPACES = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Control and format characters, line and paragraph separators, surrogates. Characters of a newer Unicode than Python's
# (unassigned, Cn) and private ones (Co) are accepted, because both are in use.
_INVISIBLE = frozenset(("Cc", "Cf", "Zl", "Zp", "Cs"))
CUT = "…"  # where a text was cut
_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)


def trim(text: str) -> str:
    """The text without leading and trailing spaces of any width."""
    return text.strip(_SPACES)


def ascii_upper(text: str) -> str:
    """The text with a-z in upper case. `str.upper` would also map other letters, such as ſ and ı, to A-Z."""
    return text.translate(_UPPER)


def parse_text(value: object, *, max_length: int) -> str:
    """A string, trimmed.

    Args:
        max_length: in characters, after trimming.

    Raises:
        ValueError: not a string, empty, too long, or with an invisible character.
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


def counted(counts: Mapping[str, int]) -> str:
    """Counts, by what they count, in words such as "2 replayed, 1 failed again"; those of 0 are left out."""
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def number_of(count: int, one: str, many: str) -> str:
    """A count with what it counts: "1 event waits", "2 events wait"."""
    return f"{count} {one if count == 1 else many}"


def is_visible(text: str) -> bool:
    """Whether all characters are visible, or spaces."""
    return text.isprintable() or not any(map(_is_invisible, text))


def without_marks(text: str) -> str:
    """The text without format characters, such as marks of direction and spaces of no width."""
    return text if text.isascii() else "".join(each for each in text if category(each) != "Cf")


def _is_invisible(character: str) -> bool:
    return category(character) in _INVISIBLE or _is_noncharacter(ord(character))


def _is_noncharacter(code: int) -> bool:
    """Whether a code point is one of Unicode's noncharacters, such as U+FFFE."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
