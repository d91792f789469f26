"""POST /invoices/{number}/credit, and credit notes beside invoices."""

import csv
import io
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from invoicing.billing import bill_orders
from invoicing.models import CreditNote, Invoice
from messaging.models import OutboxMessage
from orders.causes import by_user
from orders.lifecycle.fulfilling import fulfil_order
from orders.lifecycle.quantities import WantedLine
from orders.models import Order
from tests.confirmed_orders import confirmed
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(api) -> Client:
    """A client that may credit the invoices of its own orders."""
    return api("invoicing.credit_invoice", name="shop")


@pytest.fixture
def shop_id(shop) -> int:
    return get_user_model().objects.get(username="shop").pk


@pytest.fixture
def invoice(shop_id) -> Invoice:
    """An invoice over three mugs at 2.555."""
    return issue(client_id=shop_id)


def issue(**different: object) -> Invoice:
    order = confirmed(**different)
    bill_orders([order])
    return Invoice.objects.get(order_id=order.order_id)


def credit(client: Client, invoice: Invoice | str, key: str | None = None, **body: object):
    number = invoice if isinstance(invoice, str) else invoice.number
    headers = {"idempotency-key": key} if key else {}
    body = {"reason": "returned"} | body
    return client.post(f"/invoices/{number}/credit", body, content_type="application/json", headers=headers)


def pointers(answer) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


def one(quantity: int, line_no: int = 1) -> list[dict[str, int]]:
    return [{"line_no": line_no, "quantity": quantity}]


def test_a_part_of_an_invoice_is_credited(shop, invoice):
    answer = credit(shop, invoice, lines=one(2))

    assert answer.status_code == 201
    note = CreditNote.objects.get()
    shown = dict(answer.json())
    assert answer["Location"] == shown["url"] == f"http://testserver/invoices/{note.number}"
    assert shown.pop("issued_at").startswith(shown.pop("issue_date"))
    assert shown.pop("issuer")["name"] == "Orderflow Demo Ltd"
    assert shown == {
        "number": note.number,
        "kind": "credit_note",
        "invoice_number": invoice.number,
        "url": f"http://testserver/invoices/{note.number}",
        "order_id": str(invoice.order_id),
        "reference": "PO-4711",
        "customer_id": "C-1",
        "bill_to": {"customer_id": "C-1"},
        "ship_to": None,
        "due_date": None,
        "payment_days": None,
        "time_zone": "UTC",
        "currency": "GBP",
        "lines": [invoice.lines[0] | {"quantity": 2, "net": "5.11"}],
        "taxes": [{"rate": "0.2", "net": "5.11", "tax": "1.02"}],
        "net": "5.11",
        "tax": "1.02",
        "total": "6.13",
        "reason": "returned",
        "restock": False,
        "documents": dict.fromkeys(("pdf", "html", "ubl", "cii")),
        "credit_notes": [],
    }
    assert shop.get(answer["Location"]).json() == answer.json()
    assert note.actor == "shop"


def test_its_event_carries_the_request_id_as_correlation_and_the_trace(shop, invoice):
    headers = {"x-request-id": "req-1", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    body = {"reason": "returned", "restock": False}
    shop.post(f"/invoices/{invoice.number}/credit", body, content_type="application/json", headers=headers)

    event = OutboxMessage.objects.get(type="credit_note.issued.v1")
    assert (event.correlation_id, event.traceparent) == tuple(headers.values())


def test_without_lines_all_that_is_left_is_credited(shop, invoice):
    credit(shop, invoice, lines=one(1))

    answer = credit(shop, invoice)

    assert answer.status_code == 201
    assert [line["quantity"] for line in answer.json()["lines"]] == [2]
    assert sum(note.total for note in CreditNote.objects.all()) == Decimal("9.20")
    assert answer.json()["restock"] is False


def test_an_invoice_names_its_credit_notes(shop, invoice):
    numbers = [credit(shop, invoice, lines=one(1)).json()["number"] for _ in range(2)]

    assert shop.get(f"/invoices/{invoice.number}").json()["credit_notes"] == numbers
    listed = {each["number"]: each for each in shop.get("/invoices").json()["results"]}
    assert listed[invoice.number]["credit_notes"] == numbers


def test_a_list_has_both_newest_first_and_can_be_of_one_kind(shop, shop_id, invoice):
    first = credit(shop, invoice, lines=one(1)).json()["number"]
    other = issue(client_id=shop_id, customer_id="C-2")
    second = credit(shop, other).json()["number"]

    def numbers(query: str = "") -> list[str]:
        return [each["number"] for each in shop.get(f"/invoices{query}").json()["results"]]

    assert numbers() == [second, other.number, first, invoice.number]
    assert numbers("?kind=credit_note") == [second, first]
    assert numbers("?kind=invoice") == [other.number, invoice.number]
    assert numbers(f"?order_id={invoice.order_id}") == [first, invoice.number]
    assert numbers("?customer_id=C-2") == [second, other.number]
    assert shop.get("/invoices?kind=quote").status_code == 400


def test_pages_lead_through_both(shop, invoice):
    for _ in range(3):
        credit(shop, invoice, lines=one(1))

    pages = [shop.get("/invoices?page_size=1").json()]
    while pages[-1]["next"]:
        pages.append(shop.get(pages[-1]["next"]).json())

    kinds = [each["kind"] for page in pages for each in page["results"]]
    assert kinds == ["credit_note"] * 3 + ["invoice"]
    assert shop.get(pages[1]["previous"]).json()["results"] == pages[0]["results"]


# --- what can't be ----------------------------------------------------------------------------------------------------


def test_more_than_is_left_is_a_conflict_that_names_the_line(shop, invoice):
    credit(shop, invoice, lines=one(2))

    answer = credit(shop, invoice, lines=one(2))

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:orderflow:problem:more-than-billed")
    assert answer.json()["errors"] == [
        {"pointer": "/lines/0/quantity", "detail": "is more than the 1 that can be credited yet of line 1"}
    ]
    assert CreditNote.objects.count() == 1


def test_nothing_left_is_a_conflict(shop, invoice):
    credit(shop, invoice)

    answer = credit(shop, invoice)

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:orderflow:problem:nothing-left-to-credit")


def test_a_credit_note_can_not_be_credited(shop, invoice):
    number = credit(shop, invoice).json()["number"]

    answer = credit(shop, number)

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:orderflow:problem:not-an-invoice")


# PrestaShop/PrestaShop#16869: a refund before the order was shipped put goods on the shelf that had never left it.
def test_goods_that_were_not_sent_do_not_come_back_to_stock(shop, invoice):
    answer = credit(shop, invoice, lines=one(1), restock=True)

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:orderflow:problem:not-sent")
    assert pointers(answer) == ["/lines/0/quantity"]
    assert not CreditNote.objects.exists()


@pytest.mark.usefixtures("intake_in_transaction")
def test_goods_that_were_sent_come_back_to_stock(shop, shop_id):
    ProductFactory(sku="MUG")
    body = {"customer_id": "C-1", "lines": [{"sku": "MUG", "quantity": 3}]}
    order_id = shop.post("/orders", body, content_type="application/json").json()["id"]
    Order.objects.update(status="confirmed")
    fulfil_order(order_id=UUID(order_id), lines=[WantedLine(1, 2)], cause=by_user("ann"))
    invoice = issue(client_id=shop_id, order_id=UUID(order_id))

    assert pointers(credit(shop, invoice, restock=True)) == ["/restock"]
    assert credit(shop, invoice, lines=one(2), restock=True).json()["restock"] is True
    assert credit(shop, invoice, lines=one(1), restock=True).status_code == 409


# frappe/erpnext#58313: a line of quantity 0 was credited in full.
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"lines": one(0)}, ["/lines/0/quantity"]),
        ({"lines": one(-1)}, ["/lines/0/quantity"]),
        ({"lines": [{"line_no": 1, "quantity": 1.5}]}, ["/lines/0/quantity"]),
        ({"lines": [{"line_no": 1}]}, ["/lines/0/quantity"]),
        ({"lines": one(1, line_no=2)}, ["/lines/0/line_no"]),
        ({"lines": one(1, line_no=2**40)}, ["/lines/0/line_no"]),
        ({"lines": one(9, line_no=1) + one(1, line_no=7)}, ["/lines/1/line_no", "/lines/0/quantity"]),
        ({"lines": one(1) + one(1)}, ["/lines/0/line_no", "/lines/1/line_no"]),
        ({"lines": []}, ["/lines"]),
        ({"lines": {}}, ["/lines"]),
        ({"reason": ""}, ["/reason"]),
        ({"reason": None}, ["/reason"]),
        ({"reason": "x" * 201}, ["/reason"]),
        ({"reason": "a\x00b"}, ["/reason"]),
        ({"restock": "yes"}, ["/restock"]),
        ({"amount": "5.00"}, ["/amount"]),
        ({"lines": one(0), "reason": "", "restock": 1}, ["/lines/0/quantity", "/reason", "/restock"]),
    ],
)
def test_bad_input_is_named_field_by_field(shop, invoice, body, named):
    answer = credit(shop, invoice, **body)

    assert (answer.status_code, pointers(answer)) == (422, named)
    assert not CreditNote.objects.exists()


def test_a_reason_has_to_be_given(shop, invoice):
    answer = shop.post(f"/invoices/{invoice.number}/credit", {}, content_type="application/json")

    assert (answer.status_code, pointers(answer)) == (422, ["/reason"])


# --- who may, and once ------------------------------------------------------------------------------------------------


def test_it_takes_a_permission(api, invoice):
    other = api(name="reader")

    assert credit(other, invoice).status_code == 403
    assert credit(Client(), invoice).status_code == 401


def test_somebody_elses_invoice_is_not_found_unless_one_may_see_all(api, shop):
    invoice = issue(client_id=987654)

    for number in (invoice, "INV-2026-999999"):
        hidden = credit(shop, number)
        assert hidden.status_code == 404
        assert hidden.json()["detail"].endswith("of yours: others take the permission invoicing.view_invoice")
    assert (
        credit(api("invoicing.credit_invoice", "invoicing.view_invoice", name="accounts"), invoice).status_code == 201
    )


def test_somebody_elses_credit_note_is_not_found(api, invoice, shop):
    number = credit(shop, invoice).json()["number"]
    other = api(name="other")

    assert other.get(f"/invoices/{number}").status_code == 404
    assert other.get("/invoices").json()["results"] == []
    assert api("invoicing.view_invoice", name="all").get(f"/invoices/{number}").status_code == 200


# woocommerce/woocommerce-gateway-stripe#838: one click, two refunds.
def test_a_request_that_comes_again_is_credited_once(shop, invoice):
    first = credit(shop, invoice, key="k-1", lines=one(1))
    again = credit(shop, invoice, key="k-1", lines=one(1))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotency-Replayed"] == "true"
    assert (again.json(), again["Location"]) == (first.json(), first["Location"])
    assert CreditNote.objects.count() == 1
    assert credit(shop, invoice, key="k-1", lines=one(2)).status_code == 422


def test_a_refused_request_may_succeed_later_under_its_key(shop, invoice):
    assert credit(shop, invoice, key="k-1", lines=one(4)).status_code == 409
    assert credit(shop, invoice, key="k-1", lines=one(3)).status_code == 201


def test_a_credit_note_is_shown_in_a_browser(admin_client, invoice, shop):
    number = credit(shop, invoice).json()["number"]

    page = admin_client.get(f"/invoices/{number}", headers={"accept": "text/html"})

    assert (page.status_code, number in page.text) == (200, True)
    assert admin_client.get(f"/invoices/{invoice.number}/credit").status_code == 405


@pytest.mark.parametrize("form", ["html", "pdf"])
def test_a_credit_note_can_be_had_as_a_document(shop, invoice, form):
    url = credit(shop, invoice, lines=one(1)).json()["url"]

    document = shop.get(f"{url}.{form}")

    assert document.status_code == 200
    assert shop.get(f"{url}.{form}").content == document.content
    assert shop.get(url).json()["documents"][form] == sha256(document.content).hexdigest()


# --- as a file --------------------------------------------------------------------------------------------------------


def exported(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/credit-notes.csv{query}")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode(), newline="")))


def test_credit_notes_are_exported_with_their_invoice_and_not_among_invoices(shop, invoice, shop_id):
    other = issue(client_id=shop_id)
    older = credit(shop, invoice, lines=one(1), reason="=1+1").json()
    newer = credit(shop, other, lines=one(2)).json()

    rows = exported(shop)

    assert [row["number"] for row in rows] == [newer["number"], older["number"]]
    assert rows[1] == {
        "number": older["number"],
        "issued_at": rows[1]["issued_at"],
        "order_id": str(invoice.order_id),
        "reference": "PO-4711",
        "customer_id": "C-1",
        "currency": "GBP",
        "net": older["net"],
        "tax": older["tax"],
        "total": older["total"],
        "invoice_number": invoice.number,
        "reason": "'=1+1",
        "restock": "false",
        "issue_date": rows[1]["issued_at"][:10],
    }
    assert [row["number"] for row in exported(shop, f"?invoice_number={invoice.number}")] == [older["number"]]
    assert b"CN-" not in b"".join(shop.get("/invoices.csv").streaming_content)


def test_a_client_exports_the_credit_notes_of_its_own_orders(api, shop, invoice):
    credit(shop, invoice)

    assert exported(api(name="other")) == []
    assert len(exported(api("invoicing.view_invoice", name="accounts"))) == 1
