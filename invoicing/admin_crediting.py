"""The page on which a person credits an invoice, all of it or quantities of its lines."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from api.form_pages import form_page
from api.quantity_forms import OpenLine, QuantitiesForm
from api.request_ids import trace_of
from backoffice.formatting import admin_url, money
from backoffice.panels import Column
from common.fields import parse_text200
from common.forms import ParsedField
from invoicing.crediting import AskedLine, CreditedInvoice, SentUnits, credit_invoice, lock_invoices
from invoicing.exceptions import NothingLeftToCredit
from invoicing.models import Invoice
from messaging.tracing import caused_by


class CreditForm(QuantitiesForm):
    submit = "Issue the credit note"
    description = "Enter the quantities that the customer gets credited. A credit note that is issued never changes."
    columns = (
        *(
            Column("Line", number=True),
            Column("Sku", unbroken=True),
            Column("Name", words=True),
            Column("Unit price", number=True),
        ),
        *(Column("Billed", number=True), Column("Sent and not back", number=True)),
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
        help_text="They go back on hand, and can be sold again. Only what was sent can come back.",
    )

    def __init__(self, data: Any, *, invoice: Invoice, sent_units: SentUnits) -> None:
        super().__init__(data, lines=_open_lines(CreditedInvoice(invoice, invoice.credit_notes.all()), sent_units))
        self.title = f"Credit invoice {invoice.number} of {invoice.customer_id}"
        self._number = invoice.number
        self._order_id = invoice.order_id
        self._sent_units = sent_units

    def where_it_shows(self) -> str:
        return admin_url("invoicing.invoice", self._number)

    def lock_lines(self) -> Sequence[OpenLine]:
        (credited,) = lock_invoices([self._number])
        return _open_lines(credited, self._sent_units)

    def take_step(self, request: HttpRequest) -> str:
        with caused_by(trace_of(request), self._order_id):
            note = credit_invoice(
                number=self._number,
                lines=[AskedLine(line_no=line_no, quantity=quantity) for line_no, quantity in self.chosen.items()],
                reason=self.cleaned_data["reason"],
                restock=self.cleaned_data["restock"],
                actor=request.user.get_username(),
                sent_units=self._sent_units,
            )
        return f"Credit note {note.number} was issued: {money(note.total, note.currency)}."


def credit_page(request: HttpRequest, invoice: Invoice, *, sent_units: SentUnits) -> HttpResponse:
    """The form; an invoice of which nothing is left to credit leads back to its page."""
    back = admin_url("invoicing.invoice", invoice.number)
    form = CreditForm(request.POST or None, invoice=invoice, sent_units=sent_units)
    if request.method == "GET" and not form.anything_left:
        messages.warning(request, str(NothingLeftToCredit()))
        return redirect(back)
    return form_page(request, form, model=Invoice, back=back)


def _open_lines(credited: CreditedInvoice, sent_units: SentUnits) -> Sequence[OpenLine]:
    invoice = credited.invoice
    returnable = credited.returnable(sent_units(invoice.order_id))
    return [
        OpenLine(
            line_no := line["line_no"],
            credited.left[line_no],
            (
                line_no,
                line["sku"],
                line["name"],
                money(line["unit_price"], invoice.currency),
                line["quantity"],
                returnable[line_no] or "",
            ),
        )
        for line in invoice.lines
    ]
