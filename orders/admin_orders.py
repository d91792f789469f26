"""The list of orders and the page of one, as far as this app knows it.

It is registered by operations/admin.py, which adds to the page what the other apps know of the order.
"""

from django.contrib.admin import display
from django.db.models import Q
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesRadioFilter

from backoffice.filters import DayRangeFilter
from backoffice.formatting import admin_link, badge, moment, money, percentage
from backoffice.model_admin import ReadOnlyAdmin
from backoffice.panels import Column, Panel
from backoffice.parties import party_panel
from backoffice.search import as_parsed, as_uuid, exactly
from common.fields import parse_sku
from orders.history import timeline_of
from orders.models import Order, OrderLine
from orders.selectors import lines_of
from orders.transitions import Status

COLOURS = {Status.PLACED: "info", Status.CONFIRMED: "success", Status.REJECTED: "danger"}
LINE_COLUMNS = (
    Column("Line", number=True),
    Column("Sku"),
    Column("Name"),
    Column("Quantity", number=True),
    Column("Unit price", number=True),
    Column("Tax rate", number=True),
    Column("Net", number=True),
)


def with_sku(term: str) -> Q | None:
    line = as_parsed("sku", parse_sku)(term)
    return None if line is None else Q(pk__in=OrderLine.objects.filter(line).values("order_id"))


def lines(order: Order) -> Panel:
    rows = [
        (
            line.line_no,
            admin_link("orders.product", line.sku),
            line.name,
            line.quantity,
            money(line.unit_price, order.currency),
            percentage(line.tax_rate),
            money(line.net, order.currency),
        )
        for line in lines_of([order])[order.pk]
    ]
    return Panel(title="Lines", columns=LINE_COLUMNS, rows=rows, wide=True)


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
    rows = [(moment(item.at), item.event, _sentence(item.detail)) for item in timeline_of(order)]
    return Panel(title="Timeline", columns=(Column("At (UTC)"), Column("Event"), Column("Detail")), rows=rows)


def _sentence(detail: dict[str, object]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in detail.items() if not isinstance(value, list | dict))


class OrderAdmin(ReadOnlyAdmin):
    """Orders change by events only."""

    list_display = ("id", "state", "reference", "customer_id", "amount", "placed_at", "invoice")
    list_filter = (("status", ChoicesRadioFilter), ("placed_at", DayRangeFilter))
    list_defer = ("bill_to", "ship_to", "taxes", "rejection")
    search_by = {
        "order id": as_uuid("pk"),
        "reference": exactly("reference"),
        "customer": exactly("customer_id"),
        "sku": with_sku,
    }
    fieldsets = (
        (None, {"fields": (("state", "amount"), ("reference", "customer_id"), ("placed_at", "invoice"))}),
        (None, {"fields": (("client", "source"), "backorder")}),
    )
    panels = dict.fromkeys((lines, timeline, totals, bill_to, ship_to), "orders.view_order")

    @display(description="status")
    def state(self, order: Order) -> SafeString:
        return badge(order.status, COLOURS[Status(order.status)])

    @display(description="may wait for stock")
    def backorder(self, order: Order) -> str:
        return "yes" if order.allow_backorder else "no"

    @display(description="total")
    def amount(self, order: Order) -> str:
        return money(order.total, order.currency)

    @display(description="invoice")
    def invoice(self, order: Order) -> SafeString | None:
        return admin_link("invoicing.invoice", order.invoice_number) if order.invoice_number else None
