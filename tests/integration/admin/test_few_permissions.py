"""Staff with few permissions: no link leads where they may not go, and nothing that they do ends there.

spree/spree#8076, saleor/saleor-dashboard#29, Sylius/Sylius#3968: pages made for administrators, shown to others.
"""

import re
from html import unescape
from urllib.parse import urljoin

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.urls import reverse

from messaging.models import DeadLetter, OutboxMessage
from tests.integration.admin.forms import send, shown_key, told
from tests.stock import book_movement

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
LINK = re.compile(r'<a\b[^>]*?\bhref="([^"#][^"]*)"')

every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


def permission(model, verb: str) -> str:
    return f"{model._meta.app_label}.{verb}_{model._meta.model_name}"


def pages_of(model) -> list[str]:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    rows = [quote(pk) for pk in model._default_manager.values_list("pk", flat=True)[:10]]
    return [reverse(f"{name}_changelist"), *(reverse(f"{name}_change", args=[row]) for row in rows)]


def links_of(client, page: str) -> set[str]:
    """The addresses in the admin and of operations that a page links to."""
    found = {urljoin(page, unescape(href)) for href in LINK.findall(client.get(page).content.decode())}
    return {url for url in found if url.startswith(("/admin/", "/operations"))}


def dead_ends(client, *pages: str) -> list[str]:
    links = set().union(*(links_of(client, page) for page in pages))
    return sorted(url for url in links if client.get(url).status_code >= 400)


@every_model
def test_no_link_leads_to_what_one_may_not_open(model, staff, one_of_each):
    client = staff(permission(model, "view"))

    assert dead_ends(client, "/admin/", *pages_of(model)) == []


@pytest.mark.parametrize(
    "model",
    [each for each in MODELS if "change" in each._meta.default_permissions],
    ids=lambda model: model._meta.label,
)
def test_who_may_change_finds_the_list(model, staff, one_of_each):
    client = staff(permission(model, "change"))

    assert pages_of(model)[0] in links_of(client, "/admin/")


def test_the_operations_page_links_to_what_one_may_open(staff, one_of_each, outbox_message, dead_letter):
    outbox_message(key="k", parked_at="2026-01-01T00:00:00Z", parked_reason="refused")
    dead_letter()
    assert OutboxMessage.objects.exists()
    assert DeadLetter.objects.exists()

    for index, names in enumerate(
        [["messaging.view_deadletter"], ["orders.view_order"], ["messaging.view_outboxmessage"]]
    ):
        assert dead_ends(staff(*names, name=f"clerk{index}"), "/operations") == []


def test_links_are_there_for_who_may_open_them(staff, confirmed):
    page = f"/admin/orders/order/{confirmed.pk}/change/"

    few = links_of(staff("orders.view_order"), page)
    more = links_of(staff("orders.view_order", "orders.view_product", "invoicing.view_invoice", name="other"), page)

    assert "/admin/orders/product/MUG/change/" in more - few
    assert f"/admin/invoicing/invoice/{confirmed.invoice_number}/change/" in more - few


def test_a_stock_take_of_who_may_not_see_movements_ends_on_a_page(staff, confirmed):
    client = staff("inventory.add_stockmovement", "inventory.view_stockitem")
    page = "/admin/inventory/stockitem/take_stock/"

    response = send(client, page, {"counts": "MUG 3"})

    assert told(client, response) == ["Booked: 1 counted, of which 1 changed."]


def test_a_booking_of_who_may_see_no_stock_ends_on_a_page(staff, db):
    book_movement(sku="MUG", kind="receipt", quantity=1, actor="root")
    client = staff("inventory.add_stockmovement")
    page = "/admin/inventory/stockitem/book/"
    key = shown_key(client.get(page))

    for _ in range(2):  # the second time, the page is sent once more
        response = send(client, page, {"sku": "MUG", "kind": "receipt", "quantity": "2"}, key=key)
        assert (response.status_code, response.headers["Location"]) == (302, "/admin/")
        assert client.get("/admin/").status_code == 200


def test_a_step_of_who_may_not_see_orders_ends_on_a_page(staff, confirmed):
    client = staff("orders.cancel_order")

    response = client.post(
        f"/admin/orders/order/{confirmed.pk}/cancel_this/", {"_form_submitted": "true", "reason": "no"}
    )

    assert response.headers["HX-Redirect"] == "/admin/"


@pytest.mark.parametrize(
    ("page", "held", "lacking"),
    [
        ("orders/product/", [], ["orders.view_product"]),
        ("orders/product/MUG/change/", [], ["orders.view_product"]),
        ("orders/product/add/", ["orders.view_product"], ["orders.add_product"]),
        ("orders/order/place/", ["orders.view_product"], ["orders.view_order"]),
        ("orders/order/place/", ["orders.view_order"], ["orders.add_order", "orders.view_product"]),
        ("inventory/stockitem/book/", ["inventory.view_stockitem"], ["inventory.add_stockmovement"]),
        ("inventory/stockitem/MUG/ledger_of_this/", [], ["inventory.view_stockmovement"]),
        ("messaging/deadletter/replay_many/", ["messaging.view_deadletter"], ["messaging.replay_many_deadletter"]),
        ("orders/order/add/", ["orders.view_order"], []),
    ],
)
def test_a_page_that_one_may_not_open_names_the_permission(staff, confirmed, page, held, lacking):
    """saleor/saleor#3771: nobody knows which of many permissions to ask for."""
    response = staff(*held).get(f"/admin/{page}")

    assert response.status_code == 403
    assert re.findall("<code>(.*?)</code>", response.content.decode()) == lacking
    assert "/admin/" in response.content.decode()  # and the way on
