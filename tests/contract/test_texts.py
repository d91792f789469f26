"""Texts are found by the value that was sent, and invisible characters are rejected, in every field."""

import pytest

from orders.models import Product
from tests.factories import ProductFactory

ORDER = {"lines": [{"sku": "tea-1", "quantity": 1}]}
PRODUCT = {"name": "Tea", "unit_price": "4.95", "currency": "GBP", "tax_rate": "0.2"}
INVISIBLE = ["a\u202eb", "\u200bab", "ab\ufeff", "a\u2028b", "ab\n", "\tab", "a\ufffeb", "a\x85b"]


pytestmark = pytest.mark.usefixtures("intake_in_transaction")


@pytest.fixture
def client(api):
    ProductFactory(sku="TEA-1")
    return api("orders.add_product", "orders.change_product", "inventory.add_stockmovement")


def post(client, path: str, body: object):
    return client.post(path, body, content_type="application/json")


def pointers(response) -> list[str]:
    assert response.status_code == 422, response.content
    return [error["pointer"] for error in response.json()["errors"]]


# magento/magento2#10080: the import took a sku with a space at its end, the admin trimmed it, and there were two.
@pytest.mark.parametrize("text", [" PO-1", "PO-1\u00a0", "\u3000PO-1 ", "e\u0301-1", "x" * 64 + " "])
def test_an_order_is_found_by_the_texts_that_were_sent(client, text):
    placed = post(client, "/orders", ORDER | {"customer_id": text, "reference": text}).json()

    assert (placed["customer_id"], placed["reference"]) == (text.strip(), text.strip())
    for name in ("customer_id", "reference"):
        assert [row["id"] for row in client.get("/orders", {name: text}).json()["results"]] == [placed["id"]]


@pytest.mark.parametrize("text", INVISIBLE)
def test_what_nobody_can_see_is_422_in_every_field(client, text):
    order = {"customer_id": text, "reference": text, "lines": [{"sku": text, "quantity": 1}], "currency": text}
    movement = {"kind": "receipt", "quantity": 1, "note": text}

    assert pointers(post(client, "/orders", order)) == ["/customer_id", "/lines/0/sku", "/currency", "/reference"]
    assert pointers(post(client, "/products", PRODUCT | {"sku": text, "name": text})) == ["/sku", "/name"]
    assert pointers(client.patch("/products/TEA-1", {"name": text}, content_type="application/json")) == ["/name"]
    assert pointers(post(client, "/stock/TEA-1/movements", movement)) == ["/note"]


@pytest.mark.parametrize("sku", ["ſeat-red", "straße-1", "ı-1", "seat-red\n", "\u212a-1"])
def test_no_letter_beyond_ascii_becomes_one_of_a_sku(client, sku):
    for stored in ("SEAT-RED", "STRASSE-1", "I-1", "K-1"):
        ProductFactory(sku=stored)

    assert pointers(post(client, "/products", PRODUCT | {"sku": sku})) == ["/sku"]
    assert pointers(post(client, "/orders", {"customer_id": "C", "lines": [{"sku": sku, "quantity": 1}]})) == [
        "/lines/0/sku"
    ]
    for path in (f"/products/{sku}", f"/stock/{sku}", f"/stock/{sku}/movements"):
        assert client.get(path.replace("\n", "%0A")).status_code == 404


def test_zeros_at_the_end_of_a_price_and_a_rate_do_not_count(client):
    response = post(client, "/products", PRODUCT | {"sku": "new", "unit_price": "1.0000000", "tax_rate": "0.20000"})

    assert response.status_code == 201
    assert (response.json()["unit_price"], response.json()["tax_rate"]) == ("1.00", "0.2")


@pytest.mark.parametrize(
    ("sent", "price"), [("1e2", "100.00"), ("1.50e1", "15.00"), ("25e-1", "2.50"), ("0e99", "0.00")]
)
def test_a_price_may_be_a_number_with_an_exponent(client, sent, price):
    body = f'{{"unit_price": {sent}}}'

    response = client.patch("/products/TEA-1", body, content_type="application/json")

    assert (response.status_code, response.json()["unit_price"]) == (200, price)
    assert Product.objects.get().unit_price == pytest.approx(float(price))
