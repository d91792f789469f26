"""Requests by plain HTTP where HTTPS is on, behind a proxy that ends TLS."""

import pytest
from django.http import HttpResponse

from api.https_only import HttpsMiddleware
from orders.models import Order
from tests.factories import ProductFactory

pytestmark = pytest.mark.usefixtures("intake_in_transaction")
ORDER = {"customer_id": "C-1", "lines": [{"sku": "MUG", "quantity": 1}]}


@pytest.fixture(autouse=True)
def _https(settings, db) -> None:
    ProductFactory(sku="MUG")
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def place(client, proto: str):
    return client.post("/orders", ORDER, content_type="application/json", headers={"x-forwarded-proto": proto})


def test_an_order_by_plain_http_is_not_redirected_to_the_list_of_orders(api):
    """zenodo/zenodo#1817, psf/requests#5494: a client follows 301 by GET, and takes the 200 of that for its own."""
    response = place(api(), "http")

    assert (response.status_code, Order.objects.count()) == (403, 0)
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "urn:orderflow:problem:https-required"
    assert problem["request_id"] == response["X-Request-ID"]


def test_an_order_by_https_is_placed(api):
    response = place(api(), "https")

    assert (response.status_code, Order.objects.count()) == (201, 1)
    assert response.json()["url"].startswith("https://")


def test_what_is_only_read_is_redirected(rf):
    request = rf.get("/orders", headers={"authorization": "Bearer token"})
    response = HttpsMiddleware(lambda _request: HttpResponse())(request)

    assert (response.status_code, response["Location"]) == (301, "https://testserver/orders")


def test_a_form_of_a_page_is_redirected(client):
    assert client.post("/admin/login/").status_code == 301
