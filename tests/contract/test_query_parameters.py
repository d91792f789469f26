"""Unknown, empty or invalid query parameters give 400 and are named."""

import pytest
from django.test import Client

from orders.transitions import Status
from tests.factories import ProductFactory

LISTS = {
    "/orders": ["status", "customer_id", "reference", "placed_from", "placed_to", "page_size", "cursor"],
    "/products": ["page_size", "cursor"],
    "/stock": ["page_size", "cursor"],
    "/invoices": [
        *("order_id", "customer_id", "issue_date_from", "issue_date_to", "issued_from", "issued_to"),
        *("page_size", "cursor"),
    ],
}
NO_LISTS = [
    *["/", "/schema"],
    *["/orders/01890000-0000-7000-8000-000000000000", "/products/TEA", "/stock/TEA", "/invoices/INV-1"],
]


def named(response) -> list[str]:
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    return [error["parameter"] for error in response.json()["errors"]]


@pytest.mark.parametrize("value", ["", "+", "%20%20", "%C2%A0", "%E3%80%80"])
@pytest.mark.parametrize(("path", "name"), [(path, name) for path, names in LISTS.items() for name in names])
def test_an_empty_parameter_does_not_list_everything(api, path, name, value):
    assert named(api().get(f"{path}?{name}={value}")) == [name]


@pytest.mark.parametrize(
    "query",
    [
        *["reference=" + "x" * 65, "reference=a%E2%80%8Bb", "reference=%EF%BF%BE", "customer_id=%E2%80%AEx"],
        *["customer_id=a%0A", "status=Placed", "status=%C5%BFhipped", "placed_to=2026-02-30"],
    ],
)
def test_a_value_that_no_order_can_have_is_400(api, query):
    assert named(api().get(f"/orders?{query}")) == [query.split("=")[0]]


@pytest.mark.parametrize("path", LISTS)
def test_an_answer_is_short_however_long_the_query(api, path):
    for query in ("x" * 50_000 + "=1", "status=" + "x" * 50_000, "&".join(map(str, range(900)))):
        response = api(name=f"client-{len(query)}").get(f"{path}?{query}")

        assert named(response)
        assert len(response.content) < 10_000


def test_a_cursor_of_another_list_is_refused_and_named(api):
    for sku in ("MUG", "TEA"):
        ProductFactory(sku=sku)
    client = api()
    following = client.get("/products?page_size=1").json()["next"]

    assert client.get(following.replace("page_size=1", "page_size=2")).status_code == 200
    assert named(client.get(following.replace("/products", "/stock"))) == ["cursor"]


@pytest.mark.parametrize("path", NO_LISTS)
def test_an_address_that_is_no_list_takes_no_parameters(api, path):
    assert named(api().get(f"{path}?page_size=5&x=1")) == ["page_size", "x"]


# ramimbo/mergework#798 has it the other way round; here a probe that adds one must not find the server ill.
@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics", "/docs"])
def test_what_probes_and_people_ask_takes_any_parameter(db, path):
    assert Client().get(f"{path}?t=1764340000&x=%20&x").status_code == 200


@pytest.mark.parametrize("path", ["/", "/orders", "/orders.csv", "/invoices/INV-1.xml", "/products/TEA"])
def test_options_asks_about_an_address_whatever_its_query(api, path):
    """`OPTIONS /orders?status=placed` was told that there is no parameter `status`."""
    assert api().options(f"{path}?status=placed&syntax=cii").status_code == 200


def test_nothing_is_changed_on_a_parameter_that_would_be_ignored(api):
    ProductFactory(sku="TEA", name="Tea")
    client = api("orders.add_product", "orders.change_product", "inventory.add_stockmovement")

    assert named(client.patch("/products/TEA?dry_run=1", {"name": "x"}, content_type="application/json")) == ["dry_run"]
    assert named(client.post("/orders?dry_run=1", {}, content_type="application/json")) == ["dry_run"]
    assert named(client.post("/stock/TEA/movements?dry_run=1", {}, content_type="application/json")) == ["dry_run"]
    assert client.get("/products/TEA").json()["name"] == "Tea"


@pytest.mark.parametrize("path", ["/orders", "/orders.csv"])
def test_a_period_that_ends_before_it_begins_is_400(api, path):
    client, query = api(), "placed_from=2026-01-31T12:30:00Z&placed_to=2026-01-31T"

    assert named(client.get(f"{path}?{query}12:29:59Z")) == ["placed_to"]
    assert client.get(f"{path}?{query}12:30:00Z").status_code == 200


@pytest.mark.parametrize("path", ["/invoices", "/invoices.csv", "/credit-notes.csv", "/taxes.csv"])
@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("issue_date_from=2026-02-01&issue_date_to=2026-01-31", "issue_date_to"),
        ("issued_from=2026-02-01&issued_to=2026-01-31T23:59:59Z", "issued_to"),
        ("issue_date_from=2026-02-30", "issue_date_from"),
        ("issue_date_to=2026-01-31T12:30:00Z", "issue_date_to"),
        ("issue_date_to=20260131", "issue_date_to"),
        ("issued_to=31.01.2026", "issued_to"),
    ],
)
def test_a_wrong_period_of_documents_is_400(api, path, query, wrong):
    assert named(api().get(f"{path}?{query}")) == [wrong]


@pytest.mark.parametrize("query", ["placed_from=2026-01-31t12:30:00z", "placed_to=2026-01-31T12:30:00-00:00"])
def test_a_timestamp_may_be_in_lower_case(api, query):
    assert api().get(f"/orders?{query}").status_code == 200


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("/orders?status=shipped", f"must be one of {', '.join(Status.values)}"),
        ("/orders.csv?status=shipped", f"must be one of {', '.join(Status.values)}"),
        ("/orders?status=placed,shipped", f"must be one of {', '.join(Status.values)}"),
        ("/orders?status=placed,", f"must be one of {', '.join(Status.values)}"),
        ("/invoices?kind=creditnote", "must be one of invoice, credit_note"),
        ("/invoices?order_id=PO-1", "must be a UUID, as `id` of an order is"),
        ("/invoices.csv?order_id=PO-1", "must be a UUID, as `id` of an order is"),
    ],
)
def test_an_error_says_what_the_values_are(api, query, detail):
    """Of netbox-community/netbox#17721: "Select a valid choice", and not of which."""
    assert [error["detail"] for error in api().get(query).json()["errors"]] == [detail]


@pytest.mark.parametrize("path", ["/orders", "/orders.csv"])
def test_a_plus_that_has_come_as_a_space_is_named(api, path):
    """encode/django-rest-framework#7947, HeliosSoftware/hfs#1296: offsets east of Greenwich failed, nobody knew why."""
    client = api()

    (error,) = client.get(f"{path}?placed_from=2026-01-31T12:30:00+01:00").json()["errors"]

    assert error["parameter"] == "placed_from"
    assert error["detail"].endswith(" A plus in an address is a space: write it as %2B.")
    assert client.get(f"{path}?placed_from=2026-01-31T12:30:00%2B01:00").status_code == 200


@pytest.mark.parametrize("value", ["2026-01-31T12:30:00+99:00", "yesterday+noon"])
def test_other_spaces_are_not_taken_for_a_plus(api, value):
    (error,) = api().get(f"/orders?placed_from={value}").json()["errors"]

    assert "%2B" not in error["detail"]
