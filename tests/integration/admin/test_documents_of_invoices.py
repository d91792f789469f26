"""The documents to which the pages of invoices and credit notes lead."""

from hashlib import sha256

import pytest
from msgspec.structs import replace

from common.parties import Party
from invoicing.billing import bill_orders
from invoicing.crediting import credit_invoice
from invoicing.models import CreditNote, Invoice, StoredDocument
from tests.confirmed_orders import confirmed

ADA = Party(name="Ada", lines=["Weg 1"], postal_code="8001", city="Zürich", country="CH")
ELECTRONIC = ("xml?syntax=ubl", "xml?syntax=cii")
FILES = ("pdf", "html", *ELECTRONIC)


@pytest.fixture
def bookkeeper(staff):
    return staff("invoicing.view_invoice", "invoicing.view_creditnote")


@pytest.fixture
def issue(db):
    """A function that issues an invoice."""

    def issue(**different) -> Invoice:
        bill_orders([event := confirmed(**different)])
        return Invoice.objects.get(order_id=event.order_id)

    return issue


def page(client, issued: Invoice | CreditNote) -> str:
    kind = type(issued).__name__.lower()
    return client.get(f"/admin/invoicing/{kind}/{issued.number}/change/").content.decode()


def linked(text: str, number: str) -> list[str]:
    return [file for file in FILES if f'href="/invoices/{number}.{file}"' in text]


def test_an_invoice_with_all_that_an_electronic_one_needs_leads_to_each_document(bookkeeper, issue):
    invoice = issue(bill_to=ADA)
    note = credit_invoice(number=invoice.number, lines=None, reason="Returned", restock=False, actor="ann")

    for issued in (invoice, note):
        text = page(bookkeeper, issued)
        assert (linked(text, issued.number), "There can be none" in text) == (list(FILES), False)


def test_where_there_can_be_no_electronic_invoice_the_page_says_why_and_does_not_lead_to_one(bookkeeper, issue):
    """The link ended in a new tab with the JSON of a 409."""
    invoice = issue(currency="BHD")
    note = credit_invoice(number=invoice.number, lines=None, reason="Returned", restock=False, actor="ann")

    for issued in (invoice, note):
        text = page(bookkeeper, issued)
        assert linked(text, issued.number) == ["pdf", "html"]
        why = (
            "There can be none: currency: BHD has 3 decimals, and EN 16931 takes two at most; "
            "bill to, name: is not known, and an electronic invoice needs it; "
            "bill to, country: is not known, and an electronic invoice needs it."
        )
        assert text.count(why) == len(ELECTRONIC)


def test_what_is_missing_of_many_lines_is_said_once(bookkeeper, issue):
    (mug,) = confirmed().lines
    invoice = issue(bill_to=ADA, lines=[replace(mug, line_no=number, unit_code="PCE") for number in range(1, 4)])

    text = page(bookkeeper, invoice)

    assert text.count("lines, unit code: PCE is no code of UN/ECE Recommendation 20") == len(ELECTRONIC)


def test_an_electronic_invoice_that_is_stored_can_be_had_whatever_is_asked_for_since(bookkeeper, issue):
    invoice = issue()
    StoredDocument.objects.create(
        number=invoice.number, format="ubl", content=b"<a/>", sha256=sha256(b"<a/>").hexdigest()
    )

    assert linked(page(bookkeeper, invoice), invoice.number) == ["pdf", "html", "xml?syntax=ubl"]


@pytest.mark.parametrize(
    ("permission", "model"), [("invoicing.view_invoice", Invoice), ("invoicing.view_creditnote", CreditNote)]
)
def test_who_may_open_a_page_may_open_the_documents_that_it_leads_to(staff, issue, permission, model):
    """kimai/kimai#3123: who may view credit notes, and not invoices, was led to a 404."""
    invoice = issue(bill_to=ADA)
    credit_invoice(number=invoice.number, lines=None, reason="Returned", restock=False, actor="ann")
    clerk = staff(permission)
    number = model.objects.get().pk

    assert linked(page(clerk, model.objects.get()), number) == list(FILES)
    assert {clerk.get(f"/invoices/{number}.{file}").status_code for file in FILES} == {200}


def test_who_may_view_credit_notes_alone_sees_no_invoice_of_others(staff, issue):
    invoice = issue()
    note = credit_invoice(number=invoice.number, lines=None, reason="Returned", restock=False, actor="ann")
    clerk = staff("invoicing.view_creditnote")

    assert [clerk.get(f"/invoices/{each.number}").status_code for each in (invoice, note)] == [404, 200]
    assert [each["number"] for each in clerk.get("/invoices").json()["results"]] == [note.number]
    assert clerk.get("/invoices", {"kind": "invoice"}).json()["results"] == []
    taxes = b"".join(clerk.get("/taxes.csv")).decode()
    assert (note.number in taxes, f"\n{invoice.number}" in taxes) == (True, False)
