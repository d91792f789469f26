"""The rows of refused orders as a CSV file that can be mended in a spreadsheet and imported again."""

import csv
import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TextIO

from common.spreadsheets import neutralise
from orders.importing.column_profiles import ADDED_TO_REJECTS, SELDOM_USED, Profile
from orders.importing.csv_reading import columns_of
from orders.importing.report import Refusal
from orders.importing.rows import Columns, UnreadableFile


class Rejects(Protocol):
    def __call__(self, refusal: Refusal) -> None: ...


@contextmanager
def writing_rejects(path: Path | None, profile: Profile, inputs: Sequence[Path]) -> Iterator[Rejects]:
    """A function that writes all rows of a refused order, each with its file, line and reason; to no path, nothing.

    What a former import left in the file stays there until an order is refused or the import is done.

    Raises:
        UnreadableFile: the file can't be written, is one of those that are imported, or another import writes it.
    """
    if path is None:
        yield lambda _: None
        return
    if any(path.exists() and given.exists() and path.samefile(given) for given in inputs):
        raise UnreadableFile(path, "is to be imported: write the rejects to another file")
    columns = _columns(profile.columns, inputs)
    with _writing(path):
        file = path.open("a", encoding="utf-8", errors="backslashreplace", newline="")
    try:
        rejects = _File(path, file, columns)
        rejects.lock()
        yield rejects.add
        rejects.begin()
    finally:
        with _writing(path), file:
            pass  # closing it writes what is left


class _File:
    """The file of an import, which begins anew with the first refused order."""

    def __init__(self, path: Path, file: TextIO, columns: list[str]) -> None:
        self._path = path
        self._file = file
        self._columns = columns
        self._writer = csv.writer(file)  # lines end in CR LF (RFC 4180): with less, a CR in a cell would not be quoted
        self._is_regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)  # and no pipe, which begins nowhere
        self._has_begun = False

    def lock(self) -> None:
        """Raises:
        UnreadableFile: another import writes the file, and each would lose what the other wrote.
        """
        try:
            if self._is_regular:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UnreadableFile(self._path, "another import writes its rejects there") from None

    def begin(self) -> None:
        if self._has_begun:
            return
        with _writing(self._path):
            if self._is_regular:
                self._file.truncate(0)
            self._writer.writerow([*self._columns, *ADDED_TO_REJECTS])
        self._has_begun = True

    def add(self, refusal: Refusal) -> None:
        self.begin()
        with _writing(self._path):
            self._writer.writerows(_rows(refusal, self._columns))


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnreadableFile(path, f"can't be written: {error.strerror}") from error


def _columns(columns: Columns, inputs: Sequence[Path]) -> list[str]:
    """The columns of the profile; those that few files have, such as of addresses, only where one has them."""
    used = {column for path in inputs for column in columns_of(path, columns)}
    absent = set(SELDOM_USED) - used
    return [each for each in (*columns.required, *columns.optional, *columns.ignored) if each not in absent]


def _rows(refusal: Refusal, columns: list[str]) -> Iterator[list[str]]:
    for row in refusal.raw.rows:
        reasons = [str(problem) for problem in refusal.problems if problem.row is row]
        reason = "; ".join(reasons) or f"the order is refused: see {refusal.first.row.place}"
        yield [neutralise(cell) for cell in (*(row[name] for name in columns), str(row.path), str(row.line), reason)]
