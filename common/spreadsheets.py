"""Cells that a spreadsheet would take for a formula: made harmless, and back again.

A formula begins with one of = + - @, a tab or a line end, also in full width (OWASP, "CSV Injection"). An apostrophe
before it makes it text. A spreadsheet that separates cells by semicolons or tabs begins a new one behind each of those,
whatever quotes there are, so a formula may begin there too.
"""

import re

_MAY_BEGIN = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
# Blanks, quotes and apostrophes may stand in between: a spreadsheet may drop the first two, and what has apostrophes of
# its own gets one more, so that it is left with its own.
_BEFORE_A_FORMULA = rf"(?=[ '\"]*[{_MAY_BEGIN}])"
_CELL_BEGINS = r"(\A|[;\t\r\n])"


def neutralise(cell: str) -> str:
    """The cell with an apostrophe wherever a formula might begin. `restore` takes exactly those away."""
    return re.sub(_CELL_BEGINS + _BEFORE_A_FORMULA, r"\1'", cell)


def restore(cell: str) -> str:
    """What the cell was before `neutralise`."""
    return re.sub(f"{_CELL_BEGINS}'{_BEFORE_A_FORMULA}", r"\1", cell)
