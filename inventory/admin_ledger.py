"""The ledger of a sku in the admin, with what was on hand and reserved after each movement."""

from collections.abc import Sequence

import msgspec
from django.contrib import admin
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.formatting import admin_link, moment, money, short_order_link
from backoffice.panels import Column, Panel
from common.fields import parse_sku
from inventory.exceptions import UnknownSku
from inventory.models import StockItem, StockMovement
from inventory.selectors import LedgerPlace, LedgerRow, find_item, ledger_of

LENGTH = 50  # movements on the page of a stock item, and on each page of its ledger
COLUMNS = (
    Column("At (UTC)"),
    Column("Kind"),
    Column("On hand", number=True),
    Column("Reserved", number=True),
    Column("On hand after", number=True),
    Column("Reserved after", number=True),
    Column("Backordered", number=True),
    Column("Cost of a unit", number=True),
    Column("Order"),
    Column("Document"),
    Column("Note"),
    Column("Booked by"),
)
# Not there where no movement of the page has anything to say in them: all of them together are wider than a page.
RARE = ("Backordered", "Cost of a unit", "Document", "Note", "Booked by")
_SALT = "inventory.ledger"


def newest(item: StockItem) -> Panel:
    """The newest movements, on the page of a stock item."""
    rows, older = ledger_of(item.sku, length=LENGTH)
    return _panel(rows, _link(item.sku, older, "Older movements") if older else "")


def page(request: HttpRequest, sku: str) -> HttpResponse:
    """Part of the ledger, back from the place in the query, which one gets to by links only.

    Raises:
        Http404: there is no such stock item.
    """
    sku = _known(sku)
    place = _read(sku, request.GET.get("place"))
    if "place" in request.GET and place is None:
        return redirect(_url(sku))
    rows, older = ledger_of(sku, length=LENGTH, place=place)
    context = admin.site.each_context(request) | {
        "title": "Ledger",
        "opts": StockItem._meta,
        "item": admin_link("inventory.stockitem", sku),
        "panels": [_panel(rows, _link(sku, older, "Older movements") if older else "")],
    }
    return TemplateResponse(request, "admin/inventory/stockitem/ledger.html", context)


def _known(text: str) -> str:
    try:
        return find_item(parse_sku(text)).sku
    except (ValueError, UnknownSku):
        raise Http404 from None


def _panel(rows: Sequence[LedgerRow], more: SafeString | str) -> Panel:
    cells = [_cells(row) for row in rows]
    shown = [
        index for index, column in enumerate(COLUMNS) if column.title not in RARE or any(row[index] for row in cells)
    ]
    return Panel(
        title="Ledger, newest first",
        columns=[COLUMNS[index] for index in shown],
        rows=[[row[index] for index in shown] for row in cells],
        more=more,
        wide=True,
    )


def _cells(row: LedgerRow) -> Sequence[object]:
    movement = row.movement
    return (
        moment(movement.at),
        kind_of(movement),
        _signed(movement.on_hand_change),
        _signed(movement.reserved_change),
        row.on_hand,
        row.reserved,
        _signed(movement.backordered_change),
        "" if movement.unit_cost is None else money(movement.unit_cost, movement.cost_currency),
        short_order_link(movement.order_id) if movement.order_id else "",
        movement.document,
        movement.note,
        movement.actor,
    )


def kind_of(movement: StockMovement) -> str:
    """What a movement is, with the reason of an adjustment."""
    return f"{movement.kind}: {movement.get_reason_display()}" if movement.reason else movement.kind


def _signed(change: int) -> str:
    return f"{change:+d}" if change else ""


def _url(sku: str, place: LedgerPlace | None = None) -> str:
    query = {"place": signing.dumps([sku, *msgspec.structs.astuple(place)], salt=_SALT)} if place else {}
    return reverse("admin:inventory_stockitem_ledger_of_this", args=[admin.utils.quote(sku)], query=query)


def _link(sku: str, place: LedgerPlace, text: str) -> SafeString:
    return format_html('<a class="text-link" href="{}">{}</a>', _url(sku, place), text)


def _read(sku: str, token: str | None) -> LedgerPlace | None:
    """A place that was signed here for this sku; the balance in it is believed."""
    try:
        of_sku, *place = signing.loads(token or "", salt=_SALT)
    except signing.BadSignature:
        return None
    return LedgerPlace(*place) if of_sku == sku else None
