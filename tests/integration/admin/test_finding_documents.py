"""Searching invoices, credit notes and returns by the number that their documents bear."""

import pytest

from inventory.models import PendingReturn
from invoicing.billing import bill_orders
from invoicing.crediting import credit_invoice
from invoicing.models import CreditNote, Invoice
from messaging.events import new_id
from tests.confirmed_orders import confirmed


@pytest.mark.parametrize(("invoices", "credit_notes"), [("INV", "CN"), ("Rg", "gs-")])
def test_a_document_is_found_as_it_is_spelled_and_one_in_capitals_in_small_letters_too(
    viewer, settings, invoices, credit_notes
):
    """Of a series with small letters nothing was found: all numbers were looked up in capitals.

    The other way round nav-gov-hu/Online-Invoice#337: who typed other letters than were issued found nothing.
    """
    settings.INVOICE_SERIES, settings.CREDIT_NOTE_SERIES = invoices, credit_notes
    bill_orders([confirmed()])
    invoice = Invoice.objects.get()
    note = credit_invoice(number=invoice.number, lines=None, reason="Returned", restock=False, actor="ann")
    PendingReturn.objects.create(reference=note.number, order_id=new_id(), quantities={"MUG": 3})

    for address, term, found in (
        ("invoicing/invoice", invoice.number, invoice),
        ("invoicing/creditnote", note.number, CreditNote.objects.get()),
        ("invoicing/creditnote", invoice.number, CreditNote.objects.get()),
        ("inventory/pendingreturn", note.number, PendingReturn.objects.get()),
    ):
        for typed in {term, term.lower() if term.isupper() else f" {term} "}:
            listed = viewer.get(f"/admin/{address}/", {"q": typed}).context["cl"].result_list
            assert list(listed) == [found], (address, typed)
