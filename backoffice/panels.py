"""Tables on the page of a row: what belongs to it, and links to where more is known of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model
from django.utils.safestring import SafeString

M = TypeVar("M", bound=Model)
PanelOf = Callable[[M], "Panel | None"]  # None: this row has no such panel


@dataclass(frozen=True, slots=True)
class Column:
    title: str = ""
    number: bool = False  # aligned to the right
    words: bool = False  # broken wherever it is too long
    unbroken: bool = False  # in one line, such as a sku, which has hyphens


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A table as it is shown; cells that are SafeStrings may hold links."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[object]]
    empty: str = "None."
    more: SafeString | str = ""  # a line below the table
    wide: bool = False  # the whole width of the page, instead of half of it

    @property
    def has_header(self) -> bool:
        return any(column.title for column in self.columns)

    @property
    def aligned_rows(self) -> Iterator[list[tuple[Column, object]]]:
        """Each row's cells with their columns."""
        for row in self.rows:
            yield list(zip(self.columns, row, strict=True))
