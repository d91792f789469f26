"""The common parts of imports that take all lines of all files or none: reading lines, and reporting their errors."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from common.errors import Invalid, OrderflowError
from operations.cli.progress import WriteLine
from orders.importing.csv_reading import number_if_whole, read_rows
from orders.importing.rows import Columns, Row


class LinesRejected(OrderflowError):
    """Some lines are invalid, so nothing was imported."""

    def __init__(self, problems: int, *, done: str) -> None:
        super().__init__(f"nothing was {done}: {problems} problem{'' if problems == 1 else 's'}, see above")


def rows_of(files: Iterable[Path], columns: Columns) -> Iterator[Row]:
    """The rows of all files.

    Raises:
        UnreadableFile: a file is not CSV with these columns.
    """
    for path in files:
        yield from read_rows(path, columns)


def as_json(row: Row, *, number: str) -> dict[str, Any]:
    """A line as JSON, like a client's: empty cells are left out, and the column `number` is a number if it is whole."""
    fields: dict[str, Any] = row.cells | {number: number_if_whole(row[number])}
    return {name: value for name, value in fields.items() if value != ""}


def problems_of(row: Row, invalid: Invalid) -> Iterator[str]:
    """The errors of a line, each with file, line and column."""
    return (f"{row.place}: {error.pointer[1:]} {error.detail}" for error in invalid.errors)


def require_none(problems: Sequence[str], write_line: WriteLine, *, done: str) -> None:
    """Report problems, if there are any.

    Args:
        done: what was not done then, such as "imported".

    Raises:
        LinesRejected: after `write_line` was called for each.
    """
    for problem in problems:
        write_line(problem)
    if problems:
        raise LinesRejected(len(problems), done=done)
