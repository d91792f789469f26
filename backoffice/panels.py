"""Tables on the page of a row: what belongs to it, and links to where more is known of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar, overload

from django.db.models import Model
from django.utils.safestring import SafeString

M = TypeVar("M", bound=Model)
T = TypeVar("T")
PanelOf = Callable[[M], "Panel | None"]  # None: this row has no such panel


@dataclass(frozen=True, slots=True)
class Column:
    title: str = ""
    number: bool = False  # aligned to the right
    words: bool = False  # broken wherever it is too long
    unbroken: bool = False  # in one line, such as a sku, which has hyphens

    @property
    def attributes(self) -> SafeString:
        """Those of its cells, in few characters: there may be thousands."""
        if self.number:
            return SafeString(' class="text-right whitespace-nowrap"')
        if self.unbroken:
            return SafeString(' class="whitespace-nowrap"')
        return SafeString(' class="backoffice-words"' if self.words else "")


class Rows(Sequence[Sequence[object]]):
    """Rows that are made of what they show once they are asked for: of a long panel only those of its page."""

    def __init__(self, items: Sequence[T], row_of: Callable[[T], Sequence[object]]) -> None:
        self._items = items
        self._row_of = row_of

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, place: int) -> Sequence[object]: ...

    @overload
    def __getitem__(self, place: slice) -> "Rows": ...

    def __getitem__(self, place: int | slice) -> "Sequence[object] | Rows":
        if isinstance(place, slice):
            return Rows(self._items[place], self._row_of)
        return self._row_of(self._items[place])


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a long panel.

    Attributes:
        anchor: of the panel within its page.
        shown: which rows are, of how many.
        links: names of other pages with their addresses, empty where there is no such page.
    """

    anchor: str
    shown: str
    links: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A table as it is shown; cells that are SafeStrings may hold links."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[object]]
    empty: str = "None."
    more: SafeString | str = ""  # a line below the table
    wide: bool = False  # the whole width of the page, instead of half of it
    pages: Pages | None = None  # where not all rows are shown, or all of many: see panel_pages

    @property
    def has_header(self) -> bool:
        return any(column.title for column in self.columns)

    @property
    def aligned_rows(self) -> Iterator[list[tuple[Column, object]]]:
        """Each row's cells with their columns."""
        for row in self.rows:
            yield list(zip(self.columns, row, strict=True))
