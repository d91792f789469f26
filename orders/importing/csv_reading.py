"""Reading CSV files strictly: what is not clearly right is refused with file, line and reason."""

import csv
import hashlib
import re
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from common.text import trim
from orders.importing.rows import Columns, Header, Row, UnreadableFile

_MAX_LINE = 1024 * 1024  # bytes; a file without line ends is not read into memory
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_BOM = b"\xef\xbb\xbf"
_CR_ALONE = "has line ends of CR alone: save the file with LF or CR LF"
# What the csv module says in terms of Python, and what that means for a file.
_MEANINGS = {
    "new-line character seen in unquoted field": _CR_ALONE,
    "unexpected end of data": "is not CSV: a quoted cell that begins here does not end",
    "field larger than field limit": "is not CSV: a cell is longer than 128 KiB, as where a quote is missing",
}
# What a file begins with that is no text in UTF-8, though it may hold one.
_OTHER_FILES = {
    b"\xff\xfe": "is UTF-16: save it as CSV in UTF-8",
    b"\xfe\xff": "is UTF-16: save it as CSV in UTF-8",
    b"\x1f\x8b": "is compressed by gzip: unpack it first",
    b"\0": "is UTF-16: save it as CSV in UTF-8",
    b"PK\x03\x04": "is a workbook or another archive: save it as CSV in UTF-8",
}


def read_rows(path: Path, columns: Columns) -> Iterator[Row]:
    """The rows of a file, one at a time; blank lines are left out, also those of commas alone.

    Raises:
        UnreadableFile: not a regular file, not UTF-8 (a BOM is fine), not CSV, wrong columns, or a row that has not as
            many cells as there are columns: then nobody can tell which order it belongs to. Only where spreadsheets
            left empty cells behind the names of the columns, rows may have as many behind theirs.
    """
    with _opened(path) as file:
        lines = _Lines(path, file)
        reader = csv.reader(lines, strict=True)
        header: Header | None = None
        while (cells := _next_row(path, reader, lines)) is not None:
            cells = [trim(cell) for cell in cells]
            if not any(cells):
                continue
            if header is None:
                header = Header.read(path, lines.row_began_at, cells, columns)
            else:
                yield header.row(path, lines.row_began_at, cells)
        if header is None:
            raise UnreadableFile(path, "is empty: there is no line with the names of the columns")


def columns_of(path: Path, columns: Columns) -> Collection[str]:
    """The columns that a file has; none of one that has no rows or can't be read: whoever reads its rows hears why."""
    try:
        first = next(read_rows(path, columns), None)
    except UnreadableFile:
        first = None
    return first.cells if first else ()


def check_different(paths: Iterable[Path]) -> None:
    """Make sure that no file is given twice: the lines of its orders would count twice.

    Raises:
        UnreadableFile: two have the same content.
    """
    seen: dict[bytes, Path] = {}
    for path in paths:
        with _opened(path) as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        if digest in seen:
            raise UnreadableFile(path, f"has the same content as {seen[digest]}: give each file once")
        seen[digest] = path


def state_of(path: Path) -> object:
    """What differs once a file was written to, or another was put in its place.

    Raises:
        UnreadableFile: it is not there.
    """
    with _named_in_errors(path):
        found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def number_if_whole(text: str) -> int | str:
    """What a cell is in JSON where a whole number is wanted; any other text stays what it is."""
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text


class _Lines:
    """The lines of a file as text, checked one by one so that an error can name its line."""

    def __init__(self, path: Path, file: BufferedReader) -> None:
        self._path = path
        self._file = file
        self._number = 0
        self.row_began_at = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(_MAX_LINE)
        if not line:
            raise StopIteration
        self._number += 1
        if self._number == 1:
            self._require_text(line)
        if len(line) == _MAX_LINE:
            raise self._error("is longer than 1 MiB: this is no CSV file")
        if b"\0" in line:
            raise self._error("holds a NUL byte: this is no CSV file, or a damaged one")
        return self._decoded(line.removeprefix(_BOM) if self._number == 1 else line)

    def begin_row(self) -> None:
        self.row_began_at = self._number + 1

    def _require_text(self, line: bytes) -> None:
        for beginning, reason in _OTHER_FILES.items():
            if line.startswith(beginning):
                raise UnreadableFile(self._path, reason)
        if line[1:2] == b"\0":  # the other half of its first character
            raise UnreadableFile(self._path, _OTHER_FILES[b"\0"])
        if b"\r" in line.rstrip(b"\r\n"):
            raise self._error(_CR_ALONE)

    def _decoded(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            raise self._error(f"is not UTF-8 (byte {error.start + 1} of the line): save the file as UTF-8") from None

    def _error(self, reason: str) -> UnreadableFile:
        return UnreadableFile(self._path, reason, line=self._number)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    with _named_in_errors(path):
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableFile(path, "is not a regular file, and is read twice: write it to one first")
        with path.open("rb") as file:
            yield file


@contextmanager
def _named_in_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnreadableFile(path, error.strerror or str(error)) from error


def _next_row(path: Path, reader: Iterator[list[str]], lines: _Lines) -> list[str] | None:
    lines.begin_row()
    try:
        return next(reader, None)
    except csv.Error as error:
        said = str(error)
        meaning = next((_MEANINGS[each] for each in _MEANINGS if said.startswith(each)), f"is not CSV: {said}")
        raise UnreadableFile(path, meaning, line=lines.row_began_at) from None
