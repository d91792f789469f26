"""Stock items with their ledger, and what was decided on each order."""

from collections.abc import Sequence

from django.contrib.admin import display, register
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesRadioFilter
from unfold.decorators import action

from backoffice.formatting import admin_link, badge, list_link, moment, order_link
from backoffice.model_admin import ReadOnlyAdmin
from backoffice.panels import Column, Panel
from backoffice.search import as_parsed, as_uuid
from common.fields import parse_sku
from inventory.admin_booking import booking_page
from inventory.models import ReservationDecision, StockItem, StockMovement

LEDGER_LENGTH = 50  # movements on the page of a stock item
LEDGER_COLUMNS = (
    Column("At (UTC)"),
    Column("Kind"),
    Column("On hand", number=True),
    Column("Reserved", number=True),
    Column("Order"),
    Column("Note"),
    Column("Booked by"),
)
OUTCOME_COLOURS = {ReservationDecision.Outcome.RESERVED: "success", ReservationDecision.Outcome.REJECTED: "danger"}


def ledger(item: StockItem) -> Panel:
    """The newest movements."""
    movements = StockMovement.objects.filter(sku=item.sku)[:LEDGER_LENGTH]
    return Panel(
        title="Ledger, newest first",
        columns=LEDGER_COLUMNS,
        rows=[_ledger_row(movement) for movement in movements],
        more=list_link("inventory.stockmovement", item.sku, "All its movements"),
        wide=True,
    )


def _ledger_row(movement: StockMovement) -> Sequence[object]:
    return (
        moment(movement.at),
        movement.kind,
        f"{movement.on_hand_change:+d}" if movement.on_hand_change else "",
        f"{movement.reserved_change:+d}" if movement.reserved_change else "",
        order_link(movement.order_id) if movement.order_id else "",
        movement.note,
        movement.actor,
    )


def reservations(decision: ReservationDecision) -> Panel | None:
    if decision.outcome != ReservationDecision.Outcome.RESERVED:
        return None
    rows = [(admin_link("inventory.stockitem", held.sku), held.quantity) for held in decision.reservations.all()]
    return Panel(title="Reserved", columns=(Column("Sku"), Column("Quantity", number=True)), rows=rows)


def shortages(decision: ReservationDecision) -> Panel | None:
    if decision.outcome != ReservationDecision.Outcome.REJECTED:
        return None
    rows = [
        (admin_link("inventory.stockitem", short["sku"]), short["asked"], short["available"])
        for short in decision.shortages
    ]
    columns = (Column("Sku"), Column("Asked", number=True), Column("Available", number=True))
    return Panel(title="What was short", columns=columns, rows=rows)


@register(StockItem)
class StockItemAdmin(ReadOnlyAdmin):
    """Levels change by movements only: those of orders, and those booked by hand."""

    list_display = ("sku", "on_hand", "reserved", "available", "reorder_point", "updated_at")
    ordering = ("sku",)
    search_by = {"sku": as_parsed("sku", parse_sku)}
    fields = (("sku", "updated_at"), ("on_hand", "reserved"), ("available", "reorder_point"))
    panels = {ledger: "inventory.view_stockmovement"}
    actions_list = ("book",)
    actions_detail = ("book_this",)

    def has_book_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("inventory.add_stockmovement")

    @action(description="Book a movement", permissions=["book"])  # type: ignore[untyped-decorator]
    def book(self, request: HttpRequest) -> HttpResponse:
        return booking_page(request)

    @action(description="Book a movement", permissions=["book"])  # type: ignore[untyped-decorator]
    def book_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(reverse("admin:inventory_stockitem_book", query={"sku": unquote(object_id)}))


@register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """The append-only ledger."""

    list_display = ("at", "item", "kind", "on_hand_change", "reserved_change", "order", "note", "actor")
    list_filter = (("kind", ChoicesRadioFilter),)
    search_by = {"sku": as_parsed("sku", parse_sku), "order id": as_uuid("order_id")}
    fields = (("at", "kind"), ("item", "order"), ("on_hand_change", "reserved_change"), ("note", "actor"))

    @display(description="sku")
    def item(self, movement: StockMovement) -> SafeString:
        return admin_link("inventory.stockitem", movement.sku)

    @display(description="order")
    def order(self, movement: StockMovement) -> str | None:
        return order_link(movement.order_id) if movement.order_id else None


@register(ReservationDecision)
class ReservationDecisionAdmin(ReadOnlyAdmin):
    """What was decided on each order, with its reservations or its shortages."""

    list_display = ("order_id", "decided", "at")
    list_filter = (("outcome", ChoicesRadioFilter),)
    ordering = ("-order_id",)  # ids sort by time, and the primary key's index serves
    search_by = {"order id": as_uuid("order_id")}
    fields = (("decided", "at"), "order")
    panels = {reservations: "inventory.view_reservationdecision", shortages: "inventory.view_reservationdecision"}

    @display(description="outcome")
    def decided(self, decision: ReservationDecision) -> SafeString:
        return badge(decision.outcome, OUTCOME_COLOURS[ReservationDecision.Outcome(decision.outcome)])

    @display(description="order")
    def order(self, decision: ReservationDecision) -> str:
        return order_link(decision.order_id)
