"""The responses that the API stores are those that the audit expects."""

import json

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from api.clients import create_client
from api.models import IdempotencyRecord
from orders.intake.group_commit import Submission
from orders.intake.place_orders import place_orders
from orders.models import Order, Price
from tests.audits import examine
from tests.integration.audit.corruptions import FIVE_MINUTES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _stores_in_the_tests_transaction(monkeypatch) -> None:
    """Store orders in the test's transaction, because the group commit has a connection of its own (see tests/e2e)."""

    def submit(drafts) -> Submission:
        done = Submission(drafts)
        done.outcomes.set_result(place_orders(drafts))
        return done

    monkeypatch.setattr("orders.intake.place_orders.writers.submit", submit)


@pytest.fixture
def post(shop):
    """A function that posts with a new key each time; returns the status."""
    permissions = (
        *("orders.set_price", "orders.add_product", "orders.change_product", "orders.fulfil_order"),
        *("inventory.add_stockmovement", "invoicing.credit_invoice"),
    )
    client = Client(headers={"authorization": f"Bearer {create_client(name='c', permissions=permissions)}"})
    keys = iter(range(100))

    def send(path: str, body: object, raw: str = "") -> int:
        key = {"idempotency-key": f"key-{next(keys)}"}
        send.views.add(resolve(path).url_name)
        return client.post(path, raw or json.dumps(body), content_type="application/json", headers=key).status_code

    send.views = set()

    return send


def order(**changes):
    return {"customer_id": "C-1", "lines": [{"sku": "MUG", "quantity": 2}]} | changes


def test_every_response_that_is_stored_is_one_that_the_audit_knows(shop, post):
    unknown = order(lines=[{"sku": "NONE", "quantity": 1}])
    product = {"sku": "CUP", "name": "Cup", "unit_price": "1", "currency": "GBP", "tax_rate": "0.2"}

    assert post("/orders", order()) == 201
    assert post("/orders/", order(reference="PO-1", currency="GBP", allow_backorder=True)) == 201
    assert post("/orders", order(lines=[{"sku": "MUG", "quantity": 1, "unit_price": "0.000001"}] * 3)) == 201
    assert post("/orders/bulk", {"orders": [order(), {}, unknown, order()]}) == 200
    assert post("/orders/bulk", {"orders": [{}]}) == 200
    assert post("/stock/MUG/movements", {"kind": "receipt", "quantity": 5}) == 201
    assert post("/stock/MUG/movements", {"kind": "adjustment", "quantity": -1, "note": "broken"}) == 201
    assert post("/products", product) == 201
    assert post("/products/CUP/prices", {"unit_price": "5.25", "valid_from": "2131-01-01T00:00:00+01:00"}) == 201
    assert post("/products/CUP/prices", {"unit_price": None, "currency": "EUR"}) == 201
    planned = Price.objects.get(valid_from__year=2130).pk
    assert post(f"/products/CUP/prices/{planned}/withdraw", {}) == 200
    counts = [{"sku": "MUG", "counted": 90}, {"sku": "TEA", "counted": 50}]
    assert post("/stock-takes", {"document": "Stock-take", "lines": counts}) == 201
    shop.settle()
    sent, cancelled = Order.objects.filter(status="confirmed").order_by("pk")[:2]
    assert post(f"/orders/{sent.pk}/fulfil", {"tracking": "1Z9"}) == 200
    assert post(f"/orders/{cancelled.pk}/cancel", {"reason": "Changed their mind"}) == 200
    shop.settle()
    assert post(f"/invoices/{sent.invoice_number}/credit", {"reason": "Broken", "restock": True}) == 201

    assert IdempotencyRecord.objects.count() == 15
    assert post.views == _views_that_take_posts()
    found = examine(waiting_limit=FIVE_MINUTES)
    assert found.broken == [], str(found)


def _views_that_take_posts() -> set[str]:
    """The names of all routes of the API that take POST."""
    apps = [entry for entry in get_resolver().url_patterns if isinstance(entry, URLResolver)]
    routes = [route for app in apps for route in app.url_patterns if isinstance(route, URLPattern)]
    return {route.name for route in routes if "post" in getattr(route.callback, "actions", ())}


@pytest.mark.parametrize("name", [r"\\u0000", r"\ud800", r"\\ud800", "\u2028", r"\""])
def test_a_bulk_response_may_quote_odd_names_of_fields(post, name):
    raw = f'{{"orders": [{json.dumps(order())}, {{"{name}": 1, "a{name}b": "{name}"}}]}}'
    assert post("/orders/bulk", None, raw=raw) == 200

    assert IdempotencyRecord.objects.count() == 1
    found = examine(waiting_limit=FIVE_MINUTES)
    assert found.broken == [], str(found)


@pytest.mark.parametrize("name", [r"\u0000", r"\\u0000", r"\\\u0000", r"\u0000\u0000", r"a\u0000b"])
def test_a_response_may_quote_nul_which_a_jsonb_can_not_hold(busy_shop, name):
    record = IdempotencyRecord.objects.get(key="many")
    assert "Wrong." in record.body
    record.body = record.body.replace("Wrong.", name)
    record.save()

    found = examine(waiting_limit=FIVE_MINUTES)
    assert found.broken == [], str(found)
