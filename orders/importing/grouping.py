"""Putting the rows of each order together, wherever in the files they stand, without holding the files in memory.

The files are read twice: `survey` notes where the last row of each order is, so that `whole_orders` can hand over an
order as soon as it is complete, and so that a broken file is found before anything is stored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orders.importing.csv_reading import check_different, read_rows, state_of
from orders.importing.rows import Columns, Row, UnreadableFile


@dataclass(frozen=True, slots=True)
class RawOrder:
    """The rows of one reference, in the order in which they stand; never none."""

    reference: str
    rows: list[Row]


@dataclass(slots=True)
class Survey:
    """How many rows there are, and the number of each reference's last row, counted from 1 over all files.

    Attributes:
        states: what tells each file from what it becomes when somebody writes to it, or puts another in its place.
    """

    rows: int = 0
    last_row: dict[str, int] = field(default_factory=dict)
    states: dict[Path, object] = field(default_factory=dict)

    def require_unchanged(self) -> None:
        """Raises:
        UnreadableFile: a file is no longer what it was: an order may have other rows by now.
        """
        for path, state in self.states.items():
            if state_of(path) != state:
                raise UnreadableFile(path, "was changed while it was imported")


def survey(paths: Sequence[Path], columns: Columns, reference: str) -> Survey:
    """Read all files once; `reference` is the name of the column that tells orders apart.

    Raises:
        UnreadableFile: one of them is not what is asked for, or is given twice.
    """
    found = Survey()
    not_empty = []
    for path in paths:
        before = found.rows
        found.states[path] = state_of(path)
        for row in read_rows(path, columns):
            found.rows += 1
            found.last_row[row[reference]] = found.rows
        not_empty += [path] if found.rows > before else []
    check_different(not_empty)
    return found


def whole_orders(paths: Sequence[Path], columns: Columns, reference: str, surveyed: Survey) -> Iterator[RawOrder]:
    """Each order once, when its last row was read. A row without a reference is an order of its own.

    A file may grow while it is imported, as one that is still being uploaded. What is handed over is what stands there
    at that moment: half an order would be skipped, as imported before, once the file is whole.

    Raises:
        UnreadableFile: a file is no longer what it was when it was surveyed.
    """
    begun: dict[str, list[Row]] = {}
    number = 0
    for path in paths:
        for row in read_rows(path, columns):
            number += 1
            key = row[reference]
            last = surveyed.last_row.get(key, 0)
            if number > last:
                raise UnreadableFile(path, "was changed while it was imported", line=row.line)
            begun.setdefault(key, []).append(row)
            if number == last or not key:
                surveyed.require_unchanged()
                yield RawOrder(key, begun.pop(key))
    if number != surveyed.rows:
        raise UnreadableFile(", ".join(map(str, paths)), "changed while being imported")
