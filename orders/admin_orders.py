"""The list of orders and the page of one, as far as this app knows it.

It is registered by operations/admin.py, which adds to the page what the other apps know of the order.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import display
from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesRadioFilter

from backoffice.exports import Export, Exports, as_first_moment, as_it_is, as_last_moment
from backoffice.filters import DayRangeFilter
from backoffice.formatting import admin_link, badge, moment, money, named_moment, percentage
from backoffice.panels import Column, Panel, Rows
from backoffice.parties import party_panel
from backoffice.search import among, as_number, as_parsed, as_uuid, exactly
from common.fields import parse_sku
from common.text import ascii_upper
from orders.admin_next_step import what_next
from orders.admin_steps import StepsAdmin
from orders.history import shipments_of, timeline_of
from orders.models import Order, OrderLine, Shipment
from orders.selectors import LineStatus, lines_of
from orders.shipment_numbers import parse_shipment_number
from orders.transitions import Status

COLOURS = {
    Status.PLACED: "info",
    Status.BACKORDERED: "warning",
    Status.CONFIRMED: "success",
    Status.PARTLY_FULFILLED: "success",
    Status.FULFILLED: "success",
    Status.REJECTED: "danger",
    Status.CANCELLED: "danger",
}
LINES_SHOWN = 20  # of a shipment
MOST_WITH_SKU = 10_000  # lines with a sku that are looked at, the latest: each costs a look at its order
MOST_WITH_TRACKING = 1_000  # shipments: a selection of orders may be sent with one tracking number
LINE_COLUMNS = (
    Column("Line", number=True),
    Column("Sku", unbroken=True),
    Column("Name", words=True),
    Column("Quantity", number=True),
    Column("Sent", number=True),
    Column("Cancelled", number=True),
    Column("Unit price", number=True),
    Column("Tax rate", number=True),
    Column("Net", number=True),
)


def with_sku(term: str) -> Q | None:
    """The latest orders with a sku."""
    line = as_parsed("sku", parse_sku)(term)
    if line is None:
        return None
    return among("pk", OrderLine.objects.filter(line).order_by("-order_id").values("order_id")[:MOST_WITH_SKU])


def with_shipment(term: str) -> Q | None:
    """The order of a shipment, by the shipment's number."""
    shipment_id = parse_shipment_number(ascii_upper(term))
    return None if shipment_id is None else Q(pk__in=Shipment.objects.filter(pk=shipment_id).values("order_id"))


def with_tracking(term: str) -> Q | None:
    """The latest orders of which something was sent with a tracking number."""
    sent = Shipment.objects.filter(as_number("tracking")(term)).exclude(tracking="").order_by("-pk")
    return among("pk", sent.values("order_id")[:MOST_WITH_TRACKING])


def lines(order: Order) -> Panel:
    def row(line: LineStatus) -> Sequence[object]:
        return (
            line.line_no,
            admin_link("orders.product", line.sku),
            line.name,
            line.quantity,
            line.fulfilled_quantity or "",
            line.cancelled_quantity or "",
            money(line.unit_price, order.currency),
            percentage(line.tax_rate),
            money(line.net, order.currency),
        )

    return Panel(title="Lines", columns=LINE_COLUMNS, rows=Rows(lines_of([order])[order.pk], row), wide=True)


def totals(order: Order) -> Panel:
    rows = [
        ("Net", money(order.net, order.currency)),
        *(
            (f"Tax {percentage(tax['rate'])} of {money(tax['net'], order.currency)}", money(tax["tax"], order.currency))
            for tax in order.taxes
        ),
        ("Total", money(order.total, order.currency)),
    ]
    return Panel(title="Totals", columns=(Column(), Column(number=True)), rows=rows)


def bill_to(order: Order) -> Panel | None:
    return party_panel("Billed to", order.bill_to) if order.bill_to else None


def ship_to(order: Order) -> Panel | None:
    return party_panel("Shipped to", order.ship_to) if order.ship_to else None


def timeline(order: Order) -> Panel:
    """Oldest first; that it was placed, the order's own row tells."""
    rows = [
        (
            moment(item.at),
            item.event,
            _sentence(item.detail),
            f"{item.cause.kind} {item.cause.id}" if item.cause else "",
        )
        for item in timeline_of(order)
    ]
    columns = (Column("At (UTC)"), Column("Event", unbroken=True), Column("Detail"), Column("By"))
    return Panel(title="Timeline", columns=columns, rows=rows, wide=True)


def shipments(order: Order) -> Panel | None:
    """What was sent, oldest first; none, where nothing was."""
    rows = [
        (
            shipment.number,
            moment(shipment.shipped_at),
            shipment.tracking or "",
            "; ".join(f"line {line.line_no}: {line.quantity} × {line.sku}" for line in shipment.lines[:LINES_SHOWN])
            + (" …" if len(shipment.lines) > LINES_SHOWN else ""),
        )
        for shipment in shipments_of(order)
    ]
    columns = (Column("Shipment"), Column("Sent (UTC)"), Column("Tracking"), Column("Lines"))
    return Panel(title="Shipments", columns=columns, rows=rows, wide=True) if rows else None


def _sentence(detail: dict[str, object]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in detail.items() if not isinstance(value, list | dict))


class OrderAdmin(StepsAdmin):
    """Orders change by events, and by the steps that people take."""

    list_display = ("order", "customer", "state", "next_step", "amount", "placed_at", "invoice")
    list_filter = (("status", ChoicesRadioFilter), ("placed_at", DayRangeFilter))
    list_defer = ("bill_to", "ship_to", "taxes")
    exports = Exports(
        [Export("orders with their lines", "order-export", "orders.view_order")],
        {
            "status__exact": ("status", as_it_is),
            "placed_at_from": ("placed_from", as_first_moment),
            "placed_at_to": ("placed_to", as_last_moment),
        },
    )
    search_by = {
        "order id": as_uuid("pk"),
        "reference": exactly("reference"),
        "customer": exactly("customer_id"),
        "sku": with_sku,
        "shipment": with_shipment,
        "tracking number": with_tracking,
    }
    fieldsets = (
        (None, {"fields": (("state", "next_step"), ("reference", "customer"), ("placed_at", "placed_by"))}),
        (None, {"fields": (("amount", "backorder"), ("invoice", "credited_by"), "cancelled")}),
    )
    panels = dict.fromkeys((lines, shipments, timeline, totals, bill_to, ship_to), "orders.view_order")

    def name_of(self, row: Any) -> str:
        order: Order = row
        return f"{order.known_as} of {order.customer_id}"

    @display(description="order")
    def order(self, order: Order) -> SafeString:
        return format_html('<span title="{}">{}</span>', order.pk, order.known_as)

    @display(description="status")
    def state(self, order: Order) -> SafeString:
        status = Status(order.status)
        return badge(status.label.lower(), COLOURS[status])

    @display(description="where it stands")
    def next_step(self, order: Order) -> str:
        return what_next(order)

    @display(description="customer")
    def customer(self, order: Order) -> str:
        return order.customer_id

    @display(description="placed by")
    def placed_by(self, order: Order) -> SafeString | str:
        """A person, a client of the API, or an import."""
        if order.source == Order.Source.IMPORT:
            return "an import"
        return admin_link("auth.user", order.client_id, order.client)

    @display(description="may wait for stock")
    def backorder(self, order: Order) -> str:
        return "yes" if order.allow_backorder else "no"

    @display(description="cancelled")
    def cancelled(self, order: Order) -> SafeString | None:
        if order.cancelled_at is None:
            return None
        return format_html("{}: {}", named_moment(order.cancelled_at), order.cancellation_reason)

    @display(description="credit notes")
    def credited_by(self, order: Order) -> SafeString | None:
        notes = ((admin_link("invoicing.creditnote", number),) for number in order.credit_notes)
        return format_html_join(", ", "{}", notes) or None

    @display(description="total")
    def amount(self, order: Order) -> str:
        return money(order.total, order.currency)

    @display(description="invoice")
    def invoice(self, order: Order) -> SafeString | None:
        return admin_link("invoicing.invoice", order.invoice_number) if order.invoice_number else None
