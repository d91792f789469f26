"""The page on which a person credits an invoice, all of it or quantities of its lines."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from api.form_pages import form_page
from api.quantity_forms import OpenLine, QuantitiesForm
from backoffice.formatting import admin_url, money, percentage
from backoffice.panels import Column
from common.fields import parse_text200
from common.forms import ParsedField
from invoicing.crediting import AskedLine, CreditedInvoice, credit_invoice
from invoicing.exceptions import NothingLeftToCredit
from invoicing.models import Invoice


class CreditForm(QuantitiesForm):
    title = "Credit the invoice"
    submit = "Issue the credit note"
    description = "Enter the quantities that the customer gets credited. A credit note that is issued never changes."
    columns = (
        *(Column("Line", number=True), Column("Sku"), Column("Name"), Column("Unit price", number=True)),
        *(Column("Tax rate", number=True), Column("Billed", number=True)),
    )
    left_title = "Left to credit"
    box_title = "Credit"

    reason = ParsedField(
        parse=parse_text200, widget=UnfoldAdminTextInputWidget, help_text="It stands on the credit note."
    )
    restock = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanWidget,
        label="The goods are back",
        help_text="They go back on hand, and can be sold again.",
    )

    def __init__(self, *args: Any, invoice: Invoice, **kwargs: Any) -> None:
        left = CreditedInvoice(invoice, invoice.credit_notes.all()).left
        lines = [_open(invoice, line, left[line["line_no"]]) for line in invoice.lines]
        super().__init__(*args, lines=lines, **kwargs)
        self._number = invoice.number

    def where_it_shows(self) -> str:
        return admin_url("invoicing.invoice", self._number)

    def carry_out(self, request: HttpRequest) -> str:
        note = credit_invoice(
            number=self._number,
            lines=[AskedLine(line_no=line_no, quantity=quantity) for line_no, quantity in self.chosen.items()],
            reason=self.cleaned_data["reason"],
            restock=self.cleaned_data["restock"],
            actor=request.user.get_username(),
        )
        return f"Credit note {note.number} was issued: {money(note.total, note.currency)}."


def credit_page(request: HttpRequest, invoice: Invoice) -> HttpResponse:
    """The form; an invoice of which nothing is left to credit leads back to its page."""
    back = admin_url("invoicing.invoice", invoice.number)
    form = CreditForm(request.POST or None, invoice=invoice)
    if request.method == "GET" and not form.anything_left:
        messages.warning(request, str(NothingLeftToCredit()))
        return redirect(back)
    return form_page(request, form, model=Invoice, back=back, subtitle=invoice.number)


def _open(invoice: Invoice, line: dict[str, Any], left: int) -> OpenLine:
    cells = (
        line["line_no"],
        line["sku"],
        line["name"],
        money(line["unit_price"], invoice.currency),
        percentage(line["tax_rate"]),
        line["quantity"],
    )
    return OpenLine(line["line_no"], left, cells)
