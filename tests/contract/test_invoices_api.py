"""GET /invoices and /invoices/{number}."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from invoicing.billing import bill_orders
from invoicing.models import Invoice
from messaging.events import new_id
from tests.confirmed_orders import confirmed

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(api):
    """A client that places orders."""
    return api(name="shop")


@pytest.fixture
def shop_id(shop) -> int:
    return get_user_model().objects.get(username="shop").pk


def issue(*orders) -> list[Invoice]:
    bill_orders(orders)
    return list(Invoice.objects.filter(order_id__in=[order.order_id for order in orders]).order_by("sequence"))


def numbers(client: Client, query: str = "") -> list[str]:
    return [invoice["number"] for invoice in client.get(f"/invoices{query}").json()["results"]]


@pytest.mark.parametrize("path", ["/invoices", "/invoices/INV-2026-000001"])
def test_invoices_take_a_log_in(path):
    assert Client().get(path).status_code == 401


def test_an_invoice_shows_all_that_was_billed(shop, shop_id):
    order = confirmed(client_id=shop_id)
    (invoice,) = issue(order)

    answer = shop.get(f"/invoices/{invoice.number}/")

    assert answer.status_code == 200
    shown = answer.json()
    issued_on = datetime.fromisoformat(shown.pop("issued_at")).date()
    assert date.fromisoformat(shown.pop("issue_date")) == issued_on
    assert shown.pop("issuer")["name"] == "Orderflow Demo Ltd"
    assert date.fromisoformat(shown.pop("due_date")) == issued_on + timedelta(days=30)
    assert shown == {
        "number": invoice.number,
        "kind": "invoice",
        "url": f"http://testserver/invoices/{invoice.number}",
        "order_id": str(order.order_id),
        "reference": "PO-4711",
        "customer_id": "C-1",
        "bill_to": {"customer_id": "C-1"},
        "ship_to": None,
        "payment_days": 30,
        "time_zone": "UTC",
        "currency": "GBP",
        "lines": [
            {
                "line_no": 1,
                "sku": "MUG",
                "name": "Mug, 50 % “red” 🍵",
                "quantity": 3,
                "unit_price": "2.555",
                "tax_rate": "0.2",
                "net": "7.67",
                "unit_code": "C62",
                "tax_category": "",
            }
        ],
        "taxes": [{"rate": "0.2", "net": "7.67", "tax": "1.53"}],
        "net": "7.67",
        "tax": "1.53",
        "total": "9.20",
        "documents": dict.fromkeys(("pdf", "html", "ubl", "cii")),
        "credit_notes": [],
    }
    assert shop.get(shown["url"]).json()["number"] == invoice.number


@pytest.mark.parametrize(
    ("currency", "total", "shown"), [("JPY", "330", "330"), ("KWD", "1.205", "1.205"), ("GBP", "1200", "1200.00")]
)
def test_amounts_have_the_decimals_of_their_currency(shop, shop_id, currency, total, shown):
    (invoice,) = issue(
        confirmed(client_id=shop_id, currency=currency, net=Decimal(total), tax=Decimal(0), total=Decimal(total))
    )

    assert shop.get(f"/invoices/{invoice.number}").json()["total"] == shown


def test_an_order_without_a_reference_has_none_on_its_invoice(shop, shop_id):
    issue(confirmed(client_id=shop_id, reference=""))

    assert shop.get("/invoices").json()["results"][0]["reference"] is None


def test_a_client_sees_the_invoices_of_its_own_orders_only(shop, shop_id):
    mine, other = issue(confirmed(client_id=shop_id), confirmed(client_id=shop_id + 1))

    assert numbers(shop) == [mine.number]
    assert numbers(shop, f"?order_id={other.order_id}") == []
    assert shop.get(f"/invoices/{mine.number}").status_code == 200
    answer = shop.get(f"/invoices/{other.number}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_those_with_the_permission_see_all(api):
    first, second = issue(confirmed(client_id=1), confirmed(client_id=2))
    bookkeeper = api("invoicing.view_invoice", name="bookkeeper")

    assert numbers(bookkeeper) == [second.number, first.number]
    assert bookkeeper.get(f"/invoices/{first.number}").status_code == 200


def test_invoices_are_found_by_order_and_by_customer(shop, shop_id):
    one, other = issue(confirmed(client_id=shop_id, customer_id="C-1"), confirmed(client_id=shop_id, customer_id="C-2"))

    assert numbers(shop, f"?order_id={one.order_id}") == [one.number]
    assert numbers(shop, "?customer_id=C-2") == [other.number]
    assert numbers(shop, f"?order_id={one.order_id}&customer_id=C-2") == []
    assert numbers(shop, f"?order_id={new_id()}") == []


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("?order_id=1", "order_id"), ("?customer=C-1", "customer"), ("?customer_id=%00", "customer_id")],
)
def test_parameters_without_sense_are_refused(shop, query, parameter):
    answer = shop.get(f"/invoices{query}")

    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_pages_lead_through_invoices_of_the_same_moment_newest_first(shop, shop_id):
    invoices = issue(*(confirmed(client_id=shop_id) for _ in range(5)))

    pages = [shop.get("/invoices?page_size=2").json()]
    while pages[-1]["next"]:
        pages.append(shop.get(pages[-1]["next"]).json())

    listed = [invoice["number"] for page in pages for invoice in page["results"]]
    assert listed == [invoice.number for invoice in reversed(invoices)]
    assert shop.get(pages[2]["previous"]).json()["results"] == pages[1]["results"]


@pytest.mark.parametrize("number", ["INV-2026-999999", "%00", "%ff", "🍵", "INV-2026-000001.pdf"])
def test_an_unknown_number_is_not_found(shop, number):
    assert shop.get(f"/invoices/{number}").status_code == 404


def test_invoices_can_be_seen_in_a_browser(admin_client):
    (invoice,) = issue(confirmed())

    for path in ("/invoices", f"/invoices/{invoice.number}"):
        page = admin_client.get(path, headers={"accept": "text/html"})
        assert (page.status_code, invoice.number in page.text) == (200, True)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_invoices_can_not_be_written_to(shop, shop_id, method):
    (invoice,) = issue(confirmed(client_id=shop_id))

    assert getattr(shop, method)(f"/invoices/{invoice.number}").status_code == 405
