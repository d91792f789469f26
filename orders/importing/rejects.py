"""The rows of refused orders as a CSV file that can be mended in a spreadsheet and imported again."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from common.spreadsheets import neutralise
from orders.importing.column_profiles import ADDED_LATER, ADDED_TO_REJECTS, Profile
from orders.importing.csv_files import columns_of
from orders.importing.report import Refusal
from orders.importing.rows import Columns, UnreadableFile


class Rejects(Protocol):
    def __call__(self, refusal: Refusal) -> None: ...


@contextmanager
def writing_rejects(path: Path | None, profile: Profile, inputs: Sequence[Path]) -> Iterator[Rejects]:
    """A function that writes all rows of a refused order, each with its file, line and reason; to no path, nothing.

    Raises:
        UnreadableFile: the file can't be written, or is one of those that are imported.
    """
    if path is None:
        yield lambda _: None
        return
    if any(path.exists() and given.exists() and path.samefile(given) for given in inputs):
        raise UnreadableFile(path, "is to be imported: write the rejects to another file")
    columns = _columns(profile.columns, inputs)
    with _writing(path):
        file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    writer = csv.writer(file)  # lines end in CR LF (RFC 4180): with less, a CR in a cell would not be quoted

    def reject(refusal: Refusal) -> None:
        with _writing(path):
            writer.writerows(_rows(refusal, columns))

    try:
        with _writing(path):
            writer.writerow([*columns, *ADDED_TO_REJECTS])
        yield reject
    finally:
        with _writing(path), file:
            pass  # closing it writes what is left


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnreadableFile(path, f"can't be written: {error.strerror}") from error


def _columns(columns: Columns, inputs: Sequence[Path]) -> list[str]:
    """The columns of the profile; those of addresses, which are many, and of backorders only where a file has them."""
    used = {column for path in inputs for column in columns_of(path, columns)}
    absent = set(ADDED_LATER) - used
    return [each for each in (*columns.required, *columns.optional, *columns.ignored) if each not in absent]


def _rows(refusal: Refusal, columns: list[str]) -> Iterator[list[str]]:
    for row in refusal.raw.rows:
        reasons = [str(problem) for problem in refusal.problems if problem.row is row]
        reason = "; ".join(reasons) or f"the order is refused: see {refusal.first.row.place}"
        yield [neutralise(cell) for cell in (*(row[name] for name in columns), str(row.path), str(row.line), reason)]
