"""Stock items with their ledger, and what was decided on each order."""

from django.contrib.admin import display, register
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesRadioFilter
from unfold.decorators import action

from api.form_pages import PageForm, form_page
from backoffice.exports import Export, Exports
from backoffice.formatting import admin_link, badge, moment, money, order_link, short_order_link
from backoffice.model_admin import ReadOnlyAdmin
from backoffice.panels import Column, Panel
from backoffice.search import as_number, as_parsed, as_uuid
from common.fields import parse_sku
from inventory import admin_ledger
from inventory.admin_booking import BookingForm, ReorderPointForm, StockTakeForm
from inventory.admin_deliveries import DeliveryForm
from inventory.bookings import as_document
from inventory.models import PendingReturn, ReservationDecision, StockItem, StockMovement

OUTCOME_COLOURS = {
    ReservationDecision.Outcome.RESERVED: "success",
    ReservationDecision.Outcome.BACKORDERED: "warning",
    ReservationDecision.Outcome.REJECTED: "danger",
    ReservationDecision.Outcome.CANCELLED: "danger",
}


def reservations(decision: ReservationDecision) -> Panel | None:
    if decision.outcome != ReservationDecision.Outcome.RESERVED:
        return None
    rows = [(admin_link("inventory.stockitem", held.sku), held.quantity) for held in decision.reservations.all()]
    return Panel(title="Reserved", columns=(Column("Sku"), Column("Quantity", number=True)), rows=rows)


def shortages(decision: ReservationDecision) -> Panel | None:
    """What was short when the order was decided on first; what it waits for is no less."""
    if not decision.shortages:
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

    list_display = (
        *("sku", "on_hand", "reserved", "available", "backordered", "reorder_point"),
        *("value_at_cost", "updated_at"),
    )
    ordering = ("sku",)
    exports = Exports([Export("stock", "stock-export", "inventory.view_stockmovement")], {})
    search_by = {"sku": as_parsed("sku", parse_sku)}
    fields = (
        ("sku", "updated_at"),
        ("on_hand", "reserved"),
        ("available", "backordered"),
        "reorder_point",
        ("value_at_cost", "cost_of_a_unit"),
    )
    panels = {admin_ledger.newest: "inventory.view_stockmovement"}
    actions_list = ("receive", "book", "take_stock")
    actions_detail = ("book_this", "reorder_point_of_this", "ledger_of_this")

    @display(description="value at cost")
    def value_at_cost(self, item: StockItem) -> str:
        return "" if item.value is None else money(item.value, item.cost_currency)

    @display(description="average cost of a unit")
    def cost_of_a_unit(self, item: StockItem) -> str:
        return "" if item.average is None else money(item.average.amount, item.average.currency)

    def has_book_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("inventory.add_stockmovement")

    def has_reorder_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("inventory.change_stockitem")

    def has_ledger_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("inventory.view_stockmovement")

    @action(description="Receive a delivery", permissions=["book"])  # type: ignore[untyped-decorator]
    def receive(self, request: HttpRequest) -> HttpResponse:
        return _form(request, DeliveryForm)

    @action(description="Book a movement", permissions=["book"])  # type: ignore[untyped-decorator]
    def book(self, request: HttpRequest) -> HttpResponse:
        return _form(request, BookingForm, sku=request.GET.get("sku", ""))

    @action(description="Stock-take", permissions=["book"])  # type: ignore[untyped-decorator]
    def take_stock(self, request: HttpRequest) -> HttpResponse:
        return _form(request, StockTakeForm)

    @action(description="Book a movement", permissions=["book"])  # type: ignore[untyped-decorator]
    def book_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(reverse("admin:inventory_stockitem_book", query={"sku": unquote(object_id)}))

    @action(description="When to order more", permissions=["reorder"])  # type: ignore[untyped-decorator]
    def reorder_point_of_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _form(request, ReorderPointForm, sku=unquote(object_id))

    @action(description="Ledger", permissions=["ledger"])  # type: ignore[untyped-decorator]
    def ledger_of_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return admin_ledger.page(request, unquote(object_id))


def _form(request: HttpRequest, make: type[PageForm], **initial: str) -> HttpResponse:
    return form_page(request, make(request.POST or None, initial=initial), model=StockItem)


@register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """The append-only ledger."""

    list_display = (
        "moment",
        "item",
        "what",
        "on_hand_change",
        "reserved_change",
        "short_order",
        "document",
        "actor",
    )
    list_filter = (("kind", ChoicesRadioFilter),)
    search_by = {"sku": as_parsed("sku", parse_sku), "order id": as_uuid("order_id"), "document": as_document}
    fields = (
        ("at", "kind"),
        ("item", "order"),
        ("on_hand_change", "reserved_change", "backordered_change"),
        ("reason", "counted"),
        ("unit_cost", "cost_currency"),
        ("document", "note"),
        "actor",
    )

    @display(description="sku")
    def item(self, movement: StockMovement) -> SafeString:
        return admin_link("inventory.stockitem", movement.sku)

    @display(description="at (UTC)", ordering="at")
    def moment(self, movement: StockMovement) -> SafeString:
        return moment(movement.at)

    @display(description="kind")
    def what(self, movement: StockMovement) -> str:
        return admin_ledger.kind_of(movement)

    @display(description="order")
    def short_order(self, movement: StockMovement) -> str | None:
        return short_order_link(movement.order_id) if movement.order_id else None

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


@register(PendingReturn)
class PendingReturnAdmin(ReadOnlyAdmin):
    """What credit notes bring back, and stock has not booked yet."""

    list_before_template = "backoffice/explanation.html"
    explanation = (
        "The customer has the money for these goods back, and they are not counted as stock yet: the books do not show "
        "so far that they had left the house. They are on hand as soon as their shipment is booked, mostly within "
        "seconds. A line that stays here for longer waits for a message: see the dead letters of its order."
    )
    list_display = ("reference", "goods", "order", "at")
    ordering = ("reference",)
    search_by = {"credit note number": as_number("pk"), "order id": as_uuid("order_id")}
    fields = (("credit_note", "at"), "order", "goods")

    @display(description="credit note")
    def credit_note(self, pending: PendingReturn) -> SafeString:
        return admin_link("invoicing.creditnote", pending.reference)

    @display(description="goods that come back")
    def goods(self, pending: PendingReturn) -> str:
        return ", ".join(f"{units} × {sku}" for sku, units in sorted(pending.quantities.items()))

    @display(description="order")
    def order(self, pending: PendingReturn) -> str:
        return order_link(pending.order_id)
