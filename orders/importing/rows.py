"""The rows of a CSV file: which columns there must be, and which cell belongs to which."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from common.errors import OrderflowError
from common.spreadsheets import restore
from common.text import number_of

_SHOWN = 40  # characters of a name, and names, that an error shows of what may be no CSV at all


class UnreadableFile(OrderflowError):
    """A file is not there, or is not the CSV file that is asked for."""

    def __init__(self, path: Path | str, reason: str, *, line: int | None = None) -> None:
        super().__init__(f"{path}, line {line}: {reason}" if line else f"{path}: {reason}")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a file must and may have.

    Attributes:
        ignored: may be there, and are not read.
        reject_columns, export_columns: may be there, and are not read. A file with all of either is one of ours, and
            its cells are as `neutralise` left them.
    """

    required: Sequence[str]
    optional: Sequence[str] = ()
    ignored: Sequence[str] = ()
    reject_columns: Sequence[str] = ()
    export_columns: Sequence[str] = ()

    def is_neutralised(self, header: Sequence[str]) -> bool:
        """Whether a file with these columns was written by us."""
        return any(columns and set(columns) <= set(header) for columns in (self.reject_columns, self.export_columns))

    def problem_of(self, header: Sequence[str]) -> str | None:
        """What is wrong with a header, if anything is."""
        known = {*self.required, *self.optional, *self.ignored, *self.reject_columns, *self.export_columns}
        times = Counter(header)
        problems = {
            "missing": [name for name in self.required if name not in times],
            "unknown": [repr(name[:_SHOWN]) for name in times if name not in known],
            "more than once": [name for name in times if name in known and times[name] > 1],
        }
        found = [f"{what}: {', '.join(names[:_SHOWN])}" for what, names in problems.items() if names]
        return f"wrong columns ({'; '.join(found)})" if found else None


@dataclass(frozen=True, slots=True)
class Row:
    """A row, by column name and trimmed; `line` is where it begins, from 1."""

    path: Path
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """The cell of a column, empty if the file has no such column."""
        return self.cells.get(column, "")

    @property
    def place(self) -> str:
        return f"{self.path}, line {self.line}"


@dataclass(frozen=True, slots=True)
class Header:
    """The names of a file's columns; `width` counts the empty cells behind them too."""

    columns: Sequence[str]
    width: int
    is_neutralised: bool

    @classmethod
    def read(cls, path: Path, line: int, cells: Sequence[str], columns: Columns) -> Self:
        """Raises:
        UnreadableFile: these are not the columns.
        """
        names = list(cells)
        while names and not names[-1]:
            names.pop()
        if problem := columns.problem_of(names):
            if len(names) == 1 and (separator := next((each for each in ";\t|" if each in names[0]), None)):
                problem = f"its cells are separated by {separator!r}, and not by commas"
            raise UnreadableFile(path, f"{problem}; there must be {','.join(columns.required)}", line=line)
        return cls(names, len(cells), columns.is_neutralised(names))

    def row(self, path: Path, line: int, cells: Sequence[str]) -> Row:
        """Raises:
        UnreadableFile: there are not as many cells as columns.
        """
        count = len(self.columns)
        if not count <= len(cells) <= self.width or any(cells[count:]):
            found = number_of(len(cells), "cell", "cells")
            raise UnreadableFile(path, f"has {found}, but there are {count} columns", line=line)
        if self.is_neutralised:
            cells = [restore(cell) for cell in cells]
        return Row(path, line, dict(zip(self.columns, cells, strict=False)))
