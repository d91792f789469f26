"""Issued invoices and credit notes, as they were issued, and crediting an invoice.

Invoices are registered by operations/admin.py, which knows what was sent of their orders.
"""

from django.contrib.admin import display, register
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.enums import ActionVariant

from backoffice.dialogs import existing
from backoffice.exports import Export, Exports, as_day
from backoffice.formatting import admin_link, moment, money
from backoffice.model_admin import ReadOnlyAdmin
from backoffice.panels import Column, Panel
from backoffice.search import as_number, as_uuid, exactly
from invoicing.admin_crediting import credit_page
from invoicing.admin_issue_date import IssueDateFilter
from invoicing.admin_panels import Issued, bill_to, documents, issuer, lines, ship_to, taxes, totals
from invoicing.crediting import SentUnits, nothing_was_sent
from invoicing.models import CreditNote, Invoice

_DAYS = {"issued_at_from": ("issue_date_from", as_day), "issued_at_to": ("issue_date_to", as_day)}
_TAXES = Export("taxes of invoices and credit notes", "tax-export", "invoicing.view_invoice")
_LIST_DEFER = ("issuer", "bill_to", "ship_to", "lines", "taxes")


def credit_notes(invoice: Invoice) -> Panel:
    """What was credited of an invoice so far, oldest first."""
    rows = [
        (
            admin_link("invoicing.creditnote", note.number),
            moment(note.issued_at),
            note.reason,
            money(note.total, note.currency),
        )
        for note in invoice.credit_notes.defer(*_LIST_DEFER).order_by("issued_at", "number")
    ]
    columns = (Column("Number"), Column("Issued (UTC)"), Column("Reason"), Column("Total", number=True))
    return Panel(title="Credit notes", columns=columns, rows=rows, empty="Nothing was credited.", wide=True)


class IssuedAdmin(ReadOnlyAdmin):
    """Snapshots that never change."""

    list_filter = (("issued_at", IssueDateFilter),)
    list_defer = _LIST_DEFER

    @display(description="customer")
    def customer(self, issued: Issued) -> str:
        return issued.customer_id

    @display(description="issue date")
    def issue_date(self, issued: Issued) -> str:
        return issued.issue_date.isoformat()

    @display(description="total")
    def amount(self, issued: Issued) -> str:
        return money(issued.total, issued.currency)

    @display(description="order")
    def order(self, issued: Issued) -> SafeString:
        return admin_link("orders.order", issued.order_id, issued.order_reference)


class InvoiceAdmin(IssuedAdmin):
    """Attributes:
    sent_units: see credit_invoice.
    """

    sent_units: SentUnits = staticmethod(nothing_was_sent)
    list_display = ("number", "issue_date", "customer", "amount", "order")
    exports = Exports([Export("invoices", "invoice-export", "invoicing.view_invoice"), _TAXES], _DAYS)
    search_by = {
        "invoice number": as_number("pk"),
        "order id": as_uuid("order_id"),
        "customer": exactly("customer_id"),
    }
    fields = (("number", "issue_date"), ("issued_at", "customer"), ("amount", "order"), ("order_reference",))
    panels = dict.fromkeys(
        (lines, documents, totals, credit_notes, taxes, bill_to, issuer, ship_to), "invoicing.view_invoice"
    ) | {credit_notes: "invoicing.view_creditnote"}
    actions_detail = ("credit",)

    def has_credit_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("invoicing.credit_invoice")

    @action(  # type: ignore[untyped-decorator]
        description="Credit", permissions=["credit", "view"], variant=ActionVariant.PRIMARY
    )
    def credit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invoice = existing(self.get_object(request, unquote(object_id)))
        return credit_page(request, invoice, sent_units=self.sent_units)


@register(CreditNote)
class CreditNoteAdmin(IssuedAdmin):
    list_display = ("number", "issue_date", "of_invoice", "customer", "reason", "amount")
    exports = Exports([Export("credit notes", "credit-note-export", "invoicing.view_creditnote"), _TAXES], _DAYS)
    search_by = {
        "credit note number": as_number("pk"),
        "invoice number": as_number("invoice"),
        "order id": as_uuid("order_id"),
        "customer": exactly("customer_id"),
    }
    fields = (
        ("number", "issue_date"),
        ("issued_at", "customer"),
        ("amount", "of_invoice"),
        ("order", "reason"),
        ("credited_by", "goods"),
    )
    panels = dict.fromkeys((lines, documents, totals, taxes, bill_to, issuer, ship_to), "invoicing.view_creditnote")

    @display(description="invoice")
    def of_invoice(self, note: CreditNote) -> SafeString:
        return admin_link("invoicing.invoice", note.invoice_id)

    @display(description="credited by")
    def credited_by(self, note: CreditNote) -> str:
        return note.actor or "the cancellation of its order"

    @display(description="goods")
    def goods(self, note: CreditNote) -> str:
        return "back on hand" if note.restock else "did not come back"
