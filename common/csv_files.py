"""Writing CSV files: RFC 4180, UTF-8 without a byte order mark."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from common.timestamps import utc_text

Cells = Sequence[object]  # texts that clients chose are neutralised: common.spreadsheets


def csv_chunks(header: Cells, batches: Iterable[Iterable[Cells]]) -> Iterator[bytes]:
    """The chunks of a CSV file: the header with the first batch of rows, then one for each batch."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)  # lines end in CR LF: with less, a CR in a cell would not be quoted
    writer.writerow(header)
    for batch in batches:
        writer.writerows(batch)
        yield _taken(buffer)
    if buffer.tell():
        yield _taken(buffer)


def timestamp(at: datetime) -> str:
    """A time in UTC with microseconds, as the importers read it."""
    return utc_text(at, timespec="microseconds") + "Z"


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
