"""Neutralising cells that a spreadsheet would take for a formula, and restoring them.

A formula begins with one of = + - @, a tab or a line end, also in full width (OWASP, "CSV Injection"). An apostrophe
before it makes it text. A spreadsheet that separates cells by semicolons or tabs splits cells at those even within
quotes, so a formula may begin there too.
"""

import re

_MAY_BEGIN = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
# Spaces, quotes and apostrophes may come before: a spreadsheet may drop the first two, and a cell that begins with an
# apostrophe gets one more, so that `restore` leaves it with its own.
_BEFORE_A_FORMULA = rf"(?=[ '\"]*[{_MAY_BEGIN}])"
_CELL_BEGINS = r"(\A|[;\t\r\n])"


def neutralise(cell: str) -> str:
    """The cell with an apostrophe wherever a formula might begin. `restore` removes exactly those."""
    return re.sub(_CELL_BEGINS + _BEFORE_A_FORMULA, r"\1'", cell)


def restore(cell: str) -> str:
    """The cell as it was before `neutralise`."""
    return re.sub(f"{_CELL_BEGINS}'{_BEFORE_A_FORMULA}", r"\1", cell)
