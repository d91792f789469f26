"""The catalogue over HTTP."""

import pytest

from orders.catalogue import PricedProduct, products_for, upsert_products
from orders.models import Product
from tests.factories import ProductFactory

TEA = {"sku": "TEA-1", "name": "Assam tea, 250 g", "unit_price": "4.95", "currency": "GBP", "tax_rate": "0.2"}
USUAL = {"unit_code": "C62", "tax_category": None, "tax_reason_code": None, "tax_reason": None}


def test_a_product_is_created_and_found_at_its_location(api):
    client = api("orders.add_product")
    response = client.post("/products", TEA | {"sku": " tea-1 "}, content_type="application/json")
    assert (response.status_code, response.json()) == (201, TEA | USUAL)
    assert client.get(response["Location"]).json() == TEA | USUAL


def test_the_trailing_slash_is_optional_and_a_sku_may_come_in_any_case(api):
    ProductFactory(sku="A.B C_D-E")
    client = api()
    for path in ("/products/A.B C_D-E", "/products/a.b%20c_d-e/", "/products/%20A.B%20C_D-E"):
        assert client.get(path).json()["sku"] == "A.B C_D-E"
    assert client.get("/products/").json() == client.get("/products").json()


def test_a_sku_that_is_taken_is_409(api):
    client = api("orders.add_product")
    client.post("/products", TEA, content_type="application/json")
    response = client.post("/products", TEA | {"name": "Other"}, content_type="application/json")
    assert response.status_code == 409
    assert "TEA-1" in response.json()["detail"]
    assert Product.objects.get().name == TEA["name"]


def test_a_change_touches_only_what_it_names(api):
    ProductFactory(sku="TEA-1", name="Tea", unit_price="4.95")
    response = api("orders.change_product").patch(
        "/products/tea-1", {"unit_price": 5.125}, content_type="application/json"
    )
    assert response.status_code == 200
    assert response.json() == {
        "sku": "TEA-1",
        "name": "Tea",
        "unit_price": "5.125",
        "currency": "GBP",
        "tax_rate": "0.2",
        "unit_code": "C62",
        "tax_category": None,
        "tax_reason_code": None,
        "tax_reason": None,
    }


@pytest.mark.parametrize("change", [{"sku": "X"}, {"name": None}, {"currency": "gbp"}, {"tax_rate": 2}, {"foo": 1}])
def test_a_change_that_can_not_be_is_422(api, change):
    ProductFactory(sku="TEA-1")
    response = api("orders.change_product").patch("/products/TEA-1", change, content_type="application/json")
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [f"/{name}" for name in change]


def test_changing_what_is_not_there_is_404(api):
    response = api("orders.change_product").patch("/products/X", {"name": "x"}, content_type="application/json")
    assert response.status_code == 404


@pytest.mark.parametrize("permission", [[], ["orders.change_product"]])
def test_creating_takes_its_own_permission(api, permission):
    assert api(*permission).post("/products", TEA, content_type="application/json").status_code == 403


def test_pages_lead_through_all_products_and_back(api):
    ProductFactory.create_batch(7)
    client = api()
    pages = [client.get("/products?page_size=3").json()]
    while pages[-1]["next"]:
        pages.append(client.get(pages[-1]["next"]).json())
    skus = [[product["sku"] for product in page["results"]] for page in pages]
    assert [len(page) for page in skus] == [3, 3, 1]
    assert [sku for page in skus for sku in page] == sorted(Product.objects.values_list("sku", flat=True))
    assert pages[0]["previous"] is None

    back = client.get(pages[2]["previous"]).json()
    assert back["results"] == pages[1]["results"]
    assert client.get(back["next"]).json()["results"] == pages[2]["results"]
    first = client.get(back["previous"]).json()
    assert first["results"] == pages[0]["results"]
    assert first["previous"] is None


def test_a_page_costs_one_query_however_many_products_it_has(api, django_assert_num_queries):
    ProductFactory.create_batch(20)
    client = api()
    client.get("/products?page_size=1")
    with django_assert_num_queries(1):
        assert len(client.get("/products").json()["results"]) == 20


@pytest.mark.django_db(transaction=True)
def test_orders_are_priced_by_a_change_of_this_process_at_once(api):
    ProductFactory(sku="TEA-1", unit_price="4.95")
    assert str(products_for(["TEA-1"])["TEA-1"].unit_price) == "4.950000"
    api("orders.change_product").patch("/products/TEA-1", {"unit_price": 5}, content_type="application/json")
    assert products_for(["TEA-1"])["TEA-1"].unit_price == 5


@pytest.mark.django_db
def test_many_products_are_added_or_brought_up_to_date_by_few_statements(django_assert_max_num_queries):
    old, new = ProductFactory(sku="OLD", name="Old"), ProductFactory.build(sku="NEW")
    rows = [priced(old, name="Renamed"), priced(new), priced(new, name="Last of two")]
    with django_assert_max_num_queries(14):  # however many products there are
        assert upsert_products(rows, actor="import_catalogue") == 2
    assert dict(Product.objects.values_list("sku", "name")) == {"OLD": "Renamed", "NEW": "Last of two"}


def priced(product, **changes):
    fields = ("sku", "name", "unit_price", "currency", "tax_rate")
    return PricedProduct(**{name: getattr(product, name) for name in fields} | changes)


def test_the_same_product_again_under_its_key_gets_the_first_answer(api):
    client = api("orders.add_product")
    body = {"sku": "TEA", "name": "Tea", "unit_price": "4.95", "currency": "GBP", "tax_rate": "0.2"}
    headers = {"Idempotency-Key": "k"}
    first, again = (client.post("/products", body, content_type="application/json", headers=headers) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again["Location"]) == (first.content, first["Location"])
    assert again["Idempotency-Replayed"] == "true"


def test_an_exempt_product_says_why(api):
    book = TEA | {"tax_rate": "0", "unit_code": "KGM", "tax_category": "E", "tax_reason_code": "VATEX-EU-132"}
    answer = api("orders.add_product").post("/products", book, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json() == book | {"tax_reason": None}


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        ({"tax_category": "E"}, ["/tax_category", "/tax_reason"]),
        ({"tax_category": "K"}, ["/tax_category"]),
        ({"tax_category": "Z"}, ["/tax_category"]),
        ({"tax_reason": "Because"}, ["/tax_reason"]),
        ({"tax_reason_code": "132"}, ["/tax_reason_code"]),
        ({"unit_code": "piece"}, ["/unit_code"]),
    ],
)
def test_a_tax_that_contradicts_itself_is_refused_new_or_changed(api, wrong, pointers):
    ProductFactory(sku="TEA-2")
    client = api("orders.add_product", "orders.change_product")
    for answer in (
        client.post("/products", TEA | wrong, content_type="application/json"),
        client.patch("/products/TEA-2", wrong, content_type="application/json"),
    ):
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == pointers


def test_a_product_may_stop_to_be_exempt(api):
    ProductFactory(sku="TEA-2", tax_rate=0, tax_category="E", tax_reason="Medical care")
    change = {"tax_rate": "0.2", "tax_category": None, "tax_reason": None}
    answer = api("orders.change_product").patch("/products/TEA-2", change, content_type="application/json")
    assert answer.json()["tax_category"] is None
