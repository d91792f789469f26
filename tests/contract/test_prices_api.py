"""The prices of a product over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from orders.models import Price, Product, WithdrawnPrice
from tests.factories import ProductFactory

FAR = "2199-01-01T00:00:00Z"
JSON = "application/json"


@pytest.fixture
def shop(api):
    ProductFactory(sku="TEA", unit_price="4.95")
    return api("orders.change_product", "orders.add_product", "orders.view_price")


def set_price(client, body, **headers):
    return client.post("/products/TEA/prices", body, content_type=JSON, headers=headers)


def prices(client):
    return [
        (price["unit_price"], price["currency"], price["actor"])
        for price in client.get("/products/TEA/prices").json()["results"]
    ]


def test_a_price_from_now_on_is_the_product_s_price(shop):
    answer = set_price(shop, {"unit_price": 5})

    assert answer.status_code == 201
    assert answer.json() | {"valid_from": 0, "set_at": 0} == {
        "id": Price.objects.get(valid_from__lte=timezone.now()).pk,
        "unit_price": "5.00",
        "currency": "GBP",
        "price_list": "GBP",
        "valid_from": 0,
        "set_at": 0,
        "actor": "client",
    }
    assert answer.json()["valid_from"] == answer.json()["set_at"]
    assert shop.get("/products/tea").json()["unit_price"] == "5.00"
    assert [product["unit_price"] for product in shop.get("/products").json()["results"]] == ["5.00"]


def test_a_price_to_come_changes_nothing_until_then(shop):
    answer = set_price(shop, {"unit_price": "5.5", "valid_from": "2199-01-01T02:00:00+02:00"})

    assert (answer.status_code, answer.json()["valid_from"]) == (201, FAR)
    assert shop.get("/products/TEA").json()["unit_price"] == "4.95"


def test_a_patch_of_the_price_is_a_price_from_now_on_and_leaves_what_is_to_come(shop):
    set_price(shop, {"unit_price": 6, "valid_from": FAR})

    answer = shop.patch("/products/TEA", {"unit_price": "5.25"}, content_type=JSON)

    assert answer.json()["unit_price"] == "5.25"
    assert prices(shop) == [("6.00", "GBP", "client"), ("5.25", "GBP", "client")]


def test_a_patch_of_another_field_is_no_price(shop):
    shop.patch("/products/TEA", {"name": "Better tea", "tax_rate": 0}, content_type=JSON)

    assert prices(shop) == []


def test_a_price_that_has_begun_can_be_taken_back_by_a_patch_to_the_one_before(shop):
    """The row of the product still has the number that it is set to: it must not pass for unchanged."""
    start = timezone.now() - timedelta(days=1)
    shop.patch("/products/TEA", {"unit_price": "4.95"}, content_type=JSON)
    Price.objects.bulk_create(
        [
            Price(product_id="TEA", price_list_id="GBP", unit_price=9, valid_from=at, set_at=start, actor="x")
            for at in [timezone.now()]
        ]
    )
    assert shop.get("/products/TEA").json()["unit_price"] == "9.00"

    assert shop.patch("/products/TEA", {"unit_price": "4.95"}, content_type=JSON).json()["unit_price"] == "4.95"


def test_other_currencies_have_prices_of_their_own(shop):
    set_price(shop, {"unit_price": 700, "currency": "JPY"})
    set_price(shop, {"unit_price": "2.3", "currency": "BHD"})

    assert prices(shop) == [("2.300", "BHD", "client"), ("700", "JPY", "client")]
    assert shop.get("/products/TEA").json() == {
        "sku": "TEA",
        "name": "Product TEA",
        "unit_price": "4.95",
        "currency": "GBP",
        "tax_rate": "0.2",
        "tax_category": None,
        "tax_reason": None,
        "tax_reason_code": None,
        "unit_code": "C62",
    }


@pytest.mark.parametrize("unit_price", ["3.80", None])
def test_another_currency_of_the_product_ends_its_price_in_the_one_before(shop, unit_price):
    shop.patch("/products/TEA", {"unit_price": "5.00"}, content_type=JSON)
    change = {"currency": "EUR"} | ({"unit_price": unit_price} if unit_price else {})

    answer = shop.patch("/products/TEA", change, content_type=JSON).json()

    assert (answer["unit_price"], answer["currency"]) == (unit_price or "5.00", "EUR")
    assert set(prices(shop)) == {
        (None, "GBP", "client"),
        (unit_price or "5.00", "EUR", "client"),
        ("5.00", "GBP", "client"),
    }


def test_what_it_costs_in_the_new_currency_already_is_kept_also_if_that_is_nothing(shop):
    set_price(shop, {"unit_price": 0, "currency": "EUR"})

    assert shop.patch("/products/TEA", {"currency": "EUR"}, content_type=JSON).json()["unit_price"] == "0.00"


def test_the_end_of_a_price_in_another_currency_is_a_price_of_null(shop):
    set_price(shop, {"unit_price": 700, "currency": "JPY"})

    assert set_price(shop, {"unit_price": None, "currency": "JPY"}).status_code == 201
    assert prices(shop)[0] == (None, "JPY", "client")


def test_in_its_own_currency_a_product_always_has_a_price(shop):
    answer = set_price(shop, {"unit_price": None})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/unit_price"]
    assert prices(shop) == []


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"unit_price": 5, "valid_from": "2020-01-01"}, ["/valid_from"]),
        ({"unit_price": 5, "valid_from": "tomorrow"}, ["/valid_from"]),
        ({"unit_price": 5, "valid_from": "0000-01-01"}, ["/valid_from"]),
        ({"unit_price": -1, "currency": "XXX", "valid_from": 1}, ["/unit_price", "/currency", "/valid_from"]),
        ({"unit_price": "0.0000001", "until": FAR}, ["/until", "/unit_price"]),
        ({}, ["/unit_price"]),
    ],
)
def test_a_price_that_can_not_be_is_422_and_names_what_is_wrong(shop, body, pointers):
    answer = set_price(shop, body)

    assert answer.status_code == 422
    assert sorted(error["pointer"] for error in answer.json()["errors"]) == sorted(pointers)
    assert not Price.objects.exists()


def test_a_second_price_at_the_same_start_is_409_and_another_currency_is_not(shop):
    first = {"unit_price": 5, "valid_from": FAR}
    set_price(shop, first)

    answer = set_price(shop, first | {"unit_price": 6})

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:orderflow:problem:price-exists")
    assert answer.json()["detail"] == "there is a price of TEA in GBP from 2199-01-01T00:00:00.000000Z already"
    assert set_price(shop, first | {"currency": "EUR"}).status_code == 201


def test_the_same_price_again_under_its_key_gets_the_first_answer(shop):
    body = {"unit_price": 5, "valid_from": FAR}
    key = {"Idempotency-Key": "k"}
    first, again = (shop.post("/products/TEA/prices", body, content_type=JSON, headers=key) for _ in range(2))

    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert Price.objects.count() == 1


def test_setting_a_price_takes_the_permission_and_seeing_who_did_takes_another(api, shop):
    set_price(shop, {"unit_price": 5})
    other = api(name="other")

    assert set_price(other, {"unit_price": 1}).status_code == 403
    assert prices(other) == [("5.00", "GBP", None)]


@pytest.mark.parametrize("sku", ["NONE", "-", "é"])
def test_the_prices_of_what_is_not_there_are_404(shop, sku):
    assert shop.get(f"/products/{sku}/prices").status_code == 404
    assert shop.post(f"/products/{sku}/prices", {"unit_price": 1}, content_type=JSON).status_code == 404


def test_the_first_price_is_recorded_with_the_product(shop):
    body = {"sku": "MUG", "name": "Mug", "unit_price": "3", "currency": "EUR", "tax_rate": "0.2"}
    shop.post("/products", body, content_type=JSON)

    (price,) = shop.get("/products/MUG/prices").json()["results"]
    assert (price["unit_price"], price["currency"], price["actor"]) == ("3.00", "EUR", "client")


def test_pages_of_prices_lead_to_all_of_them(shop):
    for year in range(2100, 2107):
        set_price(shop, {"unit_price": year, "valid_from": f"{year}-01-01"})

    page = shop.get("/products/TEA/prices?page_size=3").json()
    seen = [page]
    while page["next"]:
        page = shop.get(page["next"]).json()
        seen.append(page)

    assert [datetime.fromisoformat(price["valid_from"]).year for page in seen for price in page["results"]] == [
        *range(2106, 2099, -1)
    ]
    assert shop.get("/products/TEA/prices?currency=GBP").status_code == 400


def test_a_product_of_before_keeps_its_price_until_another_begins(shop):
    """Old code that runs beside new makes products without recorded prices."""
    assert shop.get("/products/TEA").json()["unit_price"] == "4.95"
    set_price(shop, {"unit_price": 6, "valid_from": FAR})
    assert shop.get("/products/TEA").json()["unit_price"] == "4.95"
    assert Product.objects.with_price_now().get().price_now == Product.objects.get().unit_price
    assert Price.objects.get().valid_from == datetime(2199, 1, 1, tzinfo=UTC)


# --- withdrawing ------------------------------------------------------------------------------------------------------


def withdraw(client, price_id, **headers):
    return client.post(f"/products/TEA/prices/{price_id}/withdraw", {}, content_type=JSON, headers=headers)


def test_a_price_to_come_is_withdrawn_and_who_did_it_is_on_record(shop):
    planned = set_price(shop, {"unit_price": 6, "valid_from": FAR}).json()

    answer = withdraw(shop, planned["id"])

    assert answer.status_code == 200
    assert answer.json() | {"withdrawn_at": 0} == planned | {"withdrawn_at": 0, "withdrawn_by": "client"}
    assert prices(shop) == []
    record = WithdrawnPrice.objects.get()
    assert (record.price_id, record.unit_price, record.withdrawn_by) == (planned["id"], 6, "client")


def test_another_price_may_begin_where_one_was_withdrawn(shop):
    withdraw(shop, set_price(shop, {"unit_price": 6, "valid_from": FAR}).json()["id"])

    assert set_price(shop, {"unit_price": 7, "valid_from": FAR}).status_code == 201
    assert prices(shop) == [("7.00", "GBP", "client")]


@pytest.mark.parametrize("seconds", [None, 3])
def test_a_price_that_holds_or_is_about_to_is_not_withdrawn(shop, settings, seconds):
    settings.CATALOGUE_CACHE_TTL = timedelta(seconds=5)
    start = {} if seconds is None else {"valid_from": (timezone.now() + timedelta(seconds=seconds)).isoformat()}
    price = set_price(shop, {"unit_price": 6} | start).json()

    answer = withdraw(shop, price["id"])

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:orderflow:problem:price-holds")
    assert prices(shop) == [("6.00", "GBP", "client")]
    assert not WithdrawnPrice.objects.exists()


def test_a_price_is_withdrawn_once_and_a_repeated_request_gets_the_first_answer(shop):
    planned = set_price(shop, {"unit_price": 6, "valid_from": FAR}).json()["id"]

    first, again = (withdraw(shop, planned, **{"idempotency-key": "w-1"}) for _ in range(2))
    other = withdraw(shop, planned)

    assert (first.status_code, again.content) == (200, first.content)
    assert (other.status_code, other.json()["type"]) == (409, "urn:orderflow:problem:price-withdrawn")


@pytest.mark.parametrize("price_id", ["0", "-1", "999999999999999999", "9" * 30, "x", "%F0%9F%8D%B5", "1.5"])
def test_a_price_that_there_is_not_is_not_found(shop, price_id):
    assert withdraw(shop, price_id).status_code == 404


def test_a_price_of_another_product_is_not_found(shop):
    ProductFactory(sku="CUP", unit_price="4.95")
    planned = set_price(shop, {"unit_price": 6, "valid_from": FAR}).json()["id"]

    assert shop.post(f"/products/CUP/prices/{planned}/withdraw", {}, content_type=JSON).status_code == 404


def test_withdrawing_takes_the_permission_to_change_products(shop, api):
    planned = set_price(shop, {"unit_price": 6, "valid_from": FAR}).json()["id"]

    assert withdraw(api("orders.view_price", name="other"), planned).status_code == 403
    assert prices(shop) == [("6.00", "GBP", "client")]
