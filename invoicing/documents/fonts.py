"""The fonts of documents: Noto for every script in use, from packages, so that a document looks the same everywhere."""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from unicodedata import category, normalize

import typst

_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
_SKINS = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


@cache
def fonts() -> typst.Fonts:
    """All fonts, found once for each process; they are read when they are needed."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder) for folder in _folders()]
    )


def shown(text: str, *, marks: bool = True) -> str:
    """The text with what no font has a glyph for by its code point, such as [U+12000], instead of an empty box.

    Args:
        marks: whether those that go on a letter may stay.
    """
    return "".join(char if _is_shown(char, marks=marks) else f"[U+{ord(char):04X}]" for char in normalize("NFC", text))


def _is_shown(char: str, *, marks: bool) -> bool:
    return char == " " or (ord(char) in _covered() and (marks or not _is_mark(char)))


def _is_mark(char: str) -> bool:
    """Whether it goes on the character before it: an accent, what begins with one (ำ), the colour of a skin."""
    return category(normalize("NFKD", char)[0])[0] == "M" or char in _SKINS


def _folders() -> Iterator[Path]:
    for package in _PACKAGES:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"documents need the fonts of the package {package}", name=package)
        yield Path(spec.origin).parent


@cache
def _covered() -> frozenset[int]:
    """The code points that a font has a glyph for. Reading them takes a while, so it waits for a text that needs it."""
    from fontTools.ttLib import TTFont

    covered: set[int] = set()
    files = (file for folder in _folders() for file in folder.iterdir() if file.suffix in (".ttc", ".ttf", ".otf"))
    for file in files:
        # The fonts of a collection (.ttc) differ in their shapes, not in what they have, so the first speaks for all.
        with TTFont(file, fontNumber=0, lazy=True) as font:
            covered.update(font.getBestCmap())
    return frozenset(covered)
