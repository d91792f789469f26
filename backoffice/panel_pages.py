"""Long panels a page at a time: an order of 2,000 lines would be a page of 5 MB."""

from dataclasses import replace

from django.http import QueryDict
from django.utils.text import slugify

from backoffice.panels import Pages, Panel

ROWS = 200  # of a page
_ALL = "all"
_MOST_DIGITS = 9


def page_of(panel: Panel, query: QueryDict) -> Panel:
    """The page of a panel that an address asks for by `page_of_` and the panel's name; without it, the first.

    A page beyond the last is the last. `all` is all rows, as to print them, or to search in them.
    """
    count = len(panel.rows)
    if count <= ROWS:
        return panel
    anchor = slugify(panel.title)
    parameter = f"page_of_{anchor}"
    asked, last = query.get(parameter, ""), -(-count // ROWS)
    shown = 0 if asked == _ALL else _page_number(asked, last)
    first, rows = max(shown - 1, 0) * ROWS, panel.rows
    if shown:
        rows = rows[first : first + ROWS]
    pages = {"First": 1, "Previous": shown - 1, "Next": shown + 1, "Last": last} if shown else {"First": 1}
    links = [
        (name, _address(query, parameter, str(page), anchor) if 1 <= page <= last and page != shown else "")
        for name, page in pages.items()
    ]
    links.append(("All", _address(query, parameter, _ALL, anchor) if shown else ""))
    return replace(panel, rows=rows, pages=Pages(anchor, f"{first + 1:,} to {first + len(rows):,} of {count:,}", links))


def _page_number(text: str, last: int) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return min(max(int(text), 1), last) if is_number else 1


def _address(query: QueryDict, parameter: str, page: str, anchor: str) -> str:
    changed = query.copy()
    changed[parameter] = page
    return f"?{changed.urlencode()}#{anchor}"
