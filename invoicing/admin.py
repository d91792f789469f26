"""Issued invoices, as they were issued."""

from django.contrib.admin import display, register
from django.utils.html import format_html

from backoffice.filters import DayRangeFilter
from backoffice.formatting import money, order_link, percentage
from backoffice.model_admin import ReadOnlyAdmin
from backoffice.panels import Column, Panel
from backoffice.parties import party_panel
from backoffice.search import as_parsed, as_uuid, exactly
from common.text import ascii_upper
from invoicing.models import Invoice

LINE_COLUMNS = (
    Column("Line", number=True),
    Column("Sku"),
    Column("Name"),
    Column("Quantity", number=True),
    Column("Unit price", number=True),
    Column("Tax rate", number=True),
    Column("Net", number=True),
)


def lines(invoice: Invoice) -> Panel:
    rows = [
        (
            line["line_no"],
            line["sku"],
            line["name"],
            line["quantity"],
            money(line["unit_price"], invoice.currency),
            percentage(line["tax_rate"]),
            money(line["net"], invoice.currency),
        )
        for line in invoice.lines
    ]
    return Panel(title="Lines", columns=LINE_COLUMNS, rows=rows, wide=True)


def taxes(invoice: Invoice) -> Panel:
    rows = [
        (percentage(tax["rate"]), money(tax["net"], invoice.currency), money(tax["tax"], invoice.currency))
        for tax in invoice.taxes
    ]
    columns = (Column("Tax rate"), Column("Net", number=True), Column("Tax", number=True))
    return Panel(title="Tax", columns=columns, rows=rows)


def totals(invoice: Invoice) -> Panel:
    rows = [(name, money(getattr(invoice, name.lower()), invoice.currency)) for name in ("Net", "Tax", "Total")]
    return Panel(title="Totals", columns=(Column(), Column(number=True)), rows=rows)


def documents(invoice: Invoice) -> Panel:
    """Links, which open what was issued as a file."""
    files = (("PDF", "pdf"), ("Page", "html"), ("UBL", "xml?syntax=ubl"), ("CII", "xml?syntax=cii"))
    rows = [
        (format_html('<a class="text-link" target="_blank" href="/invoices/{}.{}">{}</a>', invoice.number, file, name),)
        for name, file in files
    ]
    return Panel(title="Documents", columns=(Column(),), rows=rows)


def issuer(invoice: Invoice) -> Panel:
    return party_panel("Issued by", invoice.issuer)


def bill_to(invoice: Invoice) -> Panel:
    return party_panel("Billed to", invoice.bill_to)


def ship_to(invoice: Invoice) -> Panel | None:
    return party_panel("Shipped to", invoice.ship_to) if invoice.ship_to else None


@register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    """Snapshots that never change."""

    list_display = ("number", "issued_at", "customer_id", "amount", "order")
    list_filter = (("issued_at", DayRangeFilter),)
    list_defer = ("issuer", "bill_to", "ship_to", "lines", "taxes")
    search_by = {
        "invoice number": as_parsed("pk", ascii_upper),
        "order id": as_uuid("order_id"),
        "customer": exactly("customer_id"),
    }
    fields = (("number", "issued_at"), ("customer_id", "amount"), ("order", "order_reference"))
    panels = dict.fromkeys((lines, taxes, totals, documents, issuer, bill_to, ship_to), "invoicing.view_invoice")

    @display(description="total")
    def amount(self, invoice: Invoice) -> str:
        return money(invoice.total, invoice.currency)

    @display(description="order")
    def order(self, invoice: Invoice) -> str:
        return order_link(invoice.order_id)
