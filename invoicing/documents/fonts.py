"""The fonts of documents: Noto for every script in use, from packages, so that a document looks the same everywhere."""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import typst

_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")


@cache
def fonts() -> typst.Fonts:
    """All fonts, found once for each process; they are read when they are needed."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder) for folder in _folders()]
    )


def shown(text: str) -> str:
    """The text with what no font has a glyph for by its code point, such as [U+12000], instead of an empty box."""
    covered = _covered()
    return "".join(char if ord(char) in covered or not char.strip() else f"[U+{ord(char):04X}]" for char in text)


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

    files = (file for folder in _folders() for file in folder.iterdir() if file.suffix in (".ttc", ".ttf", ".otf"))
    # The fonts of a collection (.ttc) differ in their shapes, not in what they have, so the first speaks for all.
    return frozenset(code for file in files for code in TTFont(file, fontNumber=0, lazy=True).getBestCmap())
