"""Crediting an invoice in the admin, and what its pages lead to."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.models import CreditNote, Invoice
from orders.causes import by_user
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import fulfil_order
from orders.lifecycle.quantities import WantedLine
from tests.factories import ProductFactory
from tests.integration.admin.forms import errors, send, shown_key, shown_left, told
from tests.stock import book_movement

LOOK = ("orders.view_order", "invoicing.view_invoice", "invoicing.view_creditnote")


@pytest.fixture
def accountant(staff):
    return staff(*LOOK, "invoicing.credit_invoice", name="ann")


@pytest.fixture
def invoice(confirmed) -> Invoice:
    """An invoice of 2 MUG and 1 TEA, each at 2.50 and 20 % tax."""
    return Invoice.objects.get()


def address(invoice, page: str = "credit") -> str:
    return f"/admin/invoicing/invoice/{invoice.number}/{page}/"


def credit(client, invoice, key: str = "", **entered: object):
    return send(client, address(invoice), {"reason": "Returned"} | entered, key=key)


def test_quantities_are_credited_by_a_credit_note_that_the_invoice_shows(accountant, invoice):
    fulfil_order(order_id=invoice.order_id, cause=by_user("bob"))
    rows = list(accountant.get(address(invoice)).context["form"].rows)
    assert [(row.left, row.value) for row in rows] == [(2, ""), (1, "")]

    response = credit(accountant, invoice, line_1="1", restock="on")

    note = CreditNote.objects.get()
    assert (note.reason, note.restock, note.actor, [line["quantity"] for line in note.lines]) == (
        *("Returned", True, "ann"),
        [1],
    )
    assert told(accountant, response) == [f"Credit note {note.number} was issued: 3.00 GBP."]
    page = accountant.get(address(invoice, "change")).content.decode()
    assert f'href="/admin/invoicing/creditnote/{note.number}/change/"' in page
    assert [row.left for row in accountant.get(address(invoice)).context["form"].rows] == [1, 1]


def test_a_credit_note_leads_to_its_invoice_its_order_and_its_documents(accountant, invoice):
    credit(accountant, invoice, line_1="1")
    note = CreditNote.objects.get()

    page = accountant.get(f"/admin/invoicing/creditnote/{note.number}/change/").content.decode()

    for link in (address(invoice, "change"), f"/admin/orders/order/{invoice.order_id}/change/"):
        assert f'href="{link}"' in page
    assert [file for file in ("pdf", "html") if f'href="/invoices/{note.number}.{file}"' not in page] == []
    assert "did not come back" in page
    found = accountant.get("/admin/invoicing/creditnote/", {"q": invoice.number}).context["cl"].result_list
    assert list(found) == [note]


def test_the_page_of_the_order_leads_to_its_credit_notes(superuser, confirmed, invoice, consume):
    credit(superuser, invoice, line_1="1")
    consume()

    page = superuser.get(f"/admin/orders/order/{confirmed.pk}/change/").content.decode()

    assert f'href="/admin/invoicing/creditnote/{CreditNote.objects.get().number}/change/"' in page


def test_who_credited_a_cancelled_order_is_told_in_words(accountant, confirmed, invoice, consume):
    cancel_orders(order_ids=[confirmed.pk], reason="no", cause=by_user("bob"))
    consume()

    page = accountant.get(f"/admin/invoicing/creditnote/{CreditNote.objects.get().number}/change/")

    assert "the cancellation of its order" in page.content.decode()


# PrestaShop/PrestaShop#16869: what never left was put on the shelf once more.
def test_goods_that_never_left_do_not_come_back(accountant, invoice):
    fulfil_order(order_id=invoice.order_id, lines=[WantedLine(1, 1)], cause=by_user("bob"))

    wrong = errors(credit(accountant, invoice, line_1="2", line_2="1", restock="on"))

    assert wrong == {
        "line_1": ["Of line 1, 2 can't come back to stock: 1 were sent and are not back."],
        "line_2": ["Of line 2, 1 can't come back to stock: 0 were sent and are not back."],
    }
    first, _ = accountant.get(address(invoice)).context["form"].rows
    assert first.cells[-1][1] == 1
    assert not CreditNote.objects.exists()


@pytest.mark.parametrize(
    ("entered", "field", "says"),
    [
        ({"line_1": "3"}, "line_1", "Is more than the 2 that can be credited yet of line 1."),
        ({"line_1": "1", "reason": " "}, "reason", "Must be a string"),
        ({"line_1": "1", "reason": ""}, "reason", "This field is required."),
        ({"line_1": "1", "reason": "x" * 201}, "reason", "Must be a string"),
        ({"line_1": "-1"}, "line_1", "Ensure this value"),
        ({}, "__all__", "Enter a quantity for at least one line."),
    ],
)
def test_what_can_not_be_credited_is_said_where_it_was_entered(accountant, invoice, entered, field, says):
    wrong = errors(credit(accountant, invoice, **entered))

    assert list(wrong) == [field]
    assert wrong[field][0].startswith(says)
    assert not CreditNote.objects.exists()


# nopSolutions/nopCommerce#5424 takes any amount; PrestaShop/PrestaShop#39407 showed what was ordered as what is left.
def test_never_more_than_was_billed_is_credited_over_all_pages_together(accountant, invoice):
    credit(accountant, invoice, line_1="2")

    wrong = errors(credit(accountant, invoice, line_1="1", line_2="1"))

    assert wrong == {"line_1": ["Is more than the 0 that can be credited yet of line 1."]}
    assert CreditNote.objects.count() == 1


# govuk-pay/pay-selfservice#4985: the same refund from two pages that were opened before either was sent.
def test_a_return_that_two_people_enter_is_credited_once_unless_one_says_so_again(accountant, superuser, invoice):
    left = shown_left(accountant.get(address(invoice)))
    credit(superuser, invoice, line_1="1")

    overtaken = credit(accountant, invoice, line_1="1", left_when_shown=left)

    assert errors(overtaken)["__all__"][0].startswith("Meanwhile a part of this was done")
    assert CreditNote.objects.count() == 1
    again = credit(accountant, invoice, line_1="1", left_when_shown=shown_left(overtaken))
    assert told(accountant, again)[0].startswith("Credit note ")
    assert sorted(CreditNote.objects.values_list("sequence", flat=True)) == [1, 2]


# solidusio/solidus#2970: a double click made two refunds.
def test_a_page_that_is_sent_twice_credits_once(accountant, invoice):
    key = shown_key(accountant.get(address(invoice)))

    responses = [credit(accountant, invoice, key=key, line_1="2", line_2="1") for _ in range(2)]

    assert told(accountant, responses[1])[-1] == "This was done already: the page was sent twice."
    assert CreditNote.objects.count() == 1


def test_an_invoice_that_is_credited_whole_says_so(accountant, invoice):
    credit(accountant, invoice, line_1="2", line_2="1")

    response = accountant.get(address(invoice))

    assert told(accountant, response)[-1] == "Everything that was billed is credited already."


def test_who_may_only_look_credits_nothing(viewer, invoice):
    assert viewer.get(address(invoice)).status_code == 403
    assert credit(viewer, invoice, line_1="1").status_code == 403
    assert address(invoice) not in viewer.get(address(invoice, "change")).content.decode()
    assert not CreditNote.objects.exists()


@pytest.mark.parametrize("number", ["INV-1999-000001", "x", "%00", "_00", "9" * 300])
def test_an_invoice_that_there_is_not_is_not_found(accountant, invoice, number):
    assert accountant.get(f"/admin/invoicing/invoice/{number}/credit/").status_code in (400, 404)


# Forceu/barcodebuddy#42, polarsource/polar#7775: a long name pushed the rest of the page away.
def test_names_that_are_long_or_are_markup_are_shown_as_text(accountant, place, consume):
    names = {"A": "<img src=x onerror=alert(1)>", "B": "W" * 200, "C": "شاي \u0627\u0644\u0639\u0631\u0628"}
    for sku, name in names.items():
        ProductFactory(sku=sku, name=name)
        book_movement(sku=sku, kind="receipt", quantity=9)
    place(A=1, B=1, C=1)
    consume()

    page = accountant.get(address(Invoice.objects.get())).content.decode()

    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
    assert names["B"] in page


def test_a_page_of_many_lines_takes_no_more_queries(accountant, place, consume):
    for n in range(40):
        book_movement(sku=f"S{n}", kind="receipt", quantity=9)
    place(**{f"S{n}": 1 for n in range(40)})
    consume()

    page = address(Invoice.objects.get())
    accountant.get("/admin/")
    with CaptureQueriesContext(connection) as taken:
        accountant.get(page)
    assert len(taken) <= 7
