"""GET /stock, /stock/{sku}, /stock/{sku}/movements; POST /stock/{sku}/movements."""

import pytest
from django.test import Client

from inventory.events import OrderedLine, OrderPlaced
from inventory.models import StockItem, StockMovement
from inventory.reservations import reserve_stock_for_orders
from messaging.events import new_id
from tests.factories import StockItemFactory
from tests.stock import book_movement

pytestmark = pytest.mark.django_db

RECEIPT = {"kind": "receipt", "quantity": 7}


@pytest.fixture
def client(api):
    """An HTTP client without any permission."""
    return api(name="anyone")


@pytest.fixture
def warehouse(api):
    """An HTTP client that may book."""
    return api("inventory.add_stockmovement", name="warehouse")


def book(client: Client, sku: str, body: object):
    return client.post(f"/stock/{sku}/movements", body, content_type="application/json")


class TestLevels:
    @pytest.mark.parametrize("path", ["/stock", "/stock/", "/stock/A", "/stock/A/movements", "/stock/A/movements/"])
    def test_take_a_log_in(self, path):
        assert Client().get(path).status_code == 401

    def test_are_listed_by_sku(self, client):
        StockItemFactory(sku="B")
        StockItemFactory(sku="A", on_hand=5, reserved=2, reorder_point=1)

        answer = client.get("/stock").json()

        assert [item["sku"] for item in answer["results"]] == ["A", "B"]
        assert answer["next"] is answer["previous"] is None
        first = answer["results"][0]
        assert first.pop("updated_at").endswith("Z")
        cost = {"average_cost": None, "value": None, "currency": None}
        assert (
            first
            == {"sku": "A", "on_hand": 5, "reserved": 2, "available": 3, "backordered": 0, "reorder_point": 1} | cost
        )

    def test_come_in_pages_that_lead_on_and_back(self, client):
        for number in range(5):
            StockItemFactory(sku=f"SKU-{number}")

        pages = [client.get("/stock?page_size=2").json()]
        while pages[-1]["next"]:
            pages.append(client.get(pages[-1]["next"]).json())

        assert [[item["sku"] for item in page["results"]] for page in pages] == [
            ["SKU-0", "SKU-1"],
            ["SKU-2", "SKU-3"],
            ["SKU-4"],
        ]
        assert client.get(pages[2]["previous"]).json()["results"] == pages[1]["results"]

    @pytest.mark.parametrize("path", ["/stock?colour=red", "/stock/A/movements?colour=red", "/stock?page_size=201"])
    def test_are_refused_for_parameters_without_sense(self, client, path):
        StockItemFactory(sku="A")

        answer = client.get(path)

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["parameter"] in ("colour", "page_size")

    @pytest.mark.parametrize("path", ["/stock/A.B-C_D 1", "/stock/A.B-C_D%201/", "/stock/%20a.b-c_d%201%20"])
    def test_of_one_sku_are_found_however_it_is_written(self, client, path):
        StockItemFactory(sku="A.B-C_D 1", on_hand=5)

        answer = client.get(path)

        assert (answer.status_code, answer.json()["sku"]) == (200, "A.B-C_D 1")

    @pytest.mark.parametrize("sku", ["NONE", "%00", "-A", "ü", "A" * 65, "%ff", "%F0%9F%8D%B5"])
    @pytest.mark.parametrize("rest", ["", "/movements"])
    def test_of_an_unknown_sku_are_not_found(self, client, sku, rest):
        answer = client.get(f"/stock/{sku}{rest}")

        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")

    @pytest.mark.parametrize("method", ["put", "delete", "post"])
    def test_can_not_be_written_to(self, client, method):
        StockItemFactory(sku="A")

        assert getattr(client, method)("/stock/A").status_code == 405


@pytest.mark.parametrize("path", ["/stock", "/stock/A", "/stock/A/movements"])
def test_stock_can_be_seen_in_a_browser(admin_client, path):
    StockItemFactory(sku="A")

    page = admin_client.get(path, headers={"accept": "text/html"})

    assert page.status_code == 200
    assert ("Delivery 4711" in page.text) == path.endswith("movements"), "the form is filled in where one can book"


class TestTheLedger:
    def test_is_listed_newest_first(self, client):
        for quantity in (1, 2, 3):
            book_movement(sku="A", kind=StockMovement.Kind.RECEIPT, quantity=quantity)
        book_movement(sku="B", kind=StockMovement.Kind.RECEIPT, quantity=4)

        first = client.get("/stock/a/movements?page_size=2").json()
        second = client.get(first["next"]).json()

        changes = [movement["on_hand_change"] for page in (first, second) for movement in page["results"]]
        assert changes == [3, 2, 1]

    # thirtybees/thirtybees#1134, opencart/opencart#14803: customers read what staff had noted for themselves.
    def test_does_not_tell_everyone_whose_orders_it_was_for_who_booked_or_what_was_noted(self, client, api):
        order_id = new_id()
        book_movement(sku="A", kind=StockMovement.Kind.RECEIPT, quantity=5, note="a delivery", actor="ann")
        reserve_stock_for_orders([OrderPlaced(order_id=order_id, lines=[OrderedLine(sku="A", quantity=2)])])

        def seen(client: Client):
            results = client.get("/stock/A/movements").json()["results"]
            return [
                (row["kind"], row["reserved_change"], row["order_id"], row["note"], row["actor"]) for row in results
            ]

        assert seen(client) == [("reservation", 2, None, None, None), ("receipt", 0, None, None, None)]
        assert seen(api("inventory.view_stockmovement", name="auditor")) == [
            ("reservation", 2, str(order_id), None, None),
            ("receipt", 0, None, "a delivery", "ann"),
        ]

    def test_of_a_sku_that_never_moved_is_empty(self, client):
        StockItemFactory(sku="A")

        assert client.get("/stock/A/movements").json() == {"next": None, "previous": None, "results": []}


class TestBooking:
    def test_takes_a_permission(self, client):
        StockItemFactory(sku="A", on_hand=5)

        answer = book(client, "A", RECEIPT)

        assert answer.status_code == 403
        assert "inventory.add_stockmovement" in answer.json()["detail"]
        assert StockItem.objects.get().on_hand == 5

    def test_takes_a_log_in(self):
        assert book(Client(), "A", RECEIPT).status_code == 401

    def test_a_receipt_answers_with_the_movement(self, warehouse):
        StockItemFactory(sku="A", on_hand=5)

        answer = book(warehouse, "A", RECEIPT | {"note": "a delivery"})

        assert answer.status_code == 201
        movement = answer.json()
        assert movement.pop("at").endswith("Z")
        assert movement == {
            "id": StockMovement.objects.get().pk,
            "sku": "A",
            "kind": "receipt",
            "on_hand_change": 7,
            "reserved_change": 0,
            "backordered_change": 0,
            "reason": None,
            "counted": None,
            "unit_cost": None,
            "currency": None,
            "document": None,
            "order_id": None,
            "note": "a delivery",
            "actor": "warehouse",
        }
        assert StockItem.objects.get().on_hand == 12

    def test_a_receipt_of_an_unknown_sku_makes_a_stock_item(self, warehouse):
        assert book(warehouse, " new 1.x", RECEIPT).status_code == 201
        assert StockItem.objects.get().sku == "NEW 1.X"

    def test_an_adjustment_may_be_negative(self, warehouse):
        StockItemFactory(sku="A", on_hand=5)

        assert book(warehouse, "A", {"kind": "adjustment", "quantity": -5}).status_code == 201
        assert StockItem.objects.get().on_hand == 0

    def test_an_adjustment_of_an_unknown_sku_is_not_found(self, warehouse):
        assert book(warehouse, "NONE", {"kind": "adjustment", "quantity": 1}).status_code == 404

    def test_a_receipt_for_what_can_not_be_a_sku_is_not_found(self, warehouse):
        assert book(warehouse, "-A", RECEIPT).status_code == 404
        assert not StockItem.objects.exists()

    def test_an_adjustment_below_what_is_reserved_is_a_conflict(self, warehouse):
        StockItemFactory(sku="A", on_hand=5, reserved=3)

        answer = book(warehouse, "A", {"kind": "adjustment", "quantity": -4})

        assert answer.status_code == 409
        assert answer.json()["errors"] == [{"pointer": "/quantity", "detail": "A can't have 1 on hand: 3 are reserved"}]
        assert StockItem.objects.get().on_hand == 5

    @pytest.mark.parametrize(
        ("body", "pointers"),
        [
            ({}, {"/kind", "/quantity"}),
            ([], {""}),
            ({"kind": "theft", "quantity": "3"}, {"/kind", "/quantity"}),
            ({"kind": "reservation", "quantity": 1}, {"/kind"}),
            ({"kind": "receipt", "quantity": 0}, {"/quantity"}),
            ({"kind": "receipt", "quantity": -1}, {"/quantity"}),
            ({"kind": "adjustment", "quantity": 0}, {"/quantity"}),
            ({"kind": "receipt", "quantity": 1.5}, {"/quantity"}),
            ({"kind": "receipt", "quantity": True}, {"/quantity"}),
            ({"kind": "receipt", "quantity": 2**63}, {"/quantity"}),
            ({"kind": "adjustment", "quantity": -(2**63)}, {"/quantity"}),
            (RECEIPT | {"note": "x" * 201, "actor": "me"}, {"/note", "/actor"}),
            (RECEIPT | {"note": "a\x00b"}, {"/note"}),
        ],
    )
    def test_names_every_field_that_is_wrong(self, warehouse, body, pointers):
        StockItemFactory(sku="A")

        answer = book(warehouse, "A", body)

        assert answer.status_code == 422
        assert {error["pointer"] for error in answer.json()["errors"]} == pointers
        assert not StockMovement.objects.exists()


class TestAnIdempotencyKey:
    """draft-ietf-httpapi-idempotency-key-header: a delivery that is booked twice is found at the next stock-take."""

    def test_books_once_however_often_the_request_comes(self, warehouse):
        headers = {"Idempotency-Key": "k"}
        first, again = (
            warehouse.post("/stock/A/movements", RECEIPT, content_type="application/json", headers=headers)
            for _ in range(2)
        )

        assert (first.status_code, again.status_code) == (201, 201)
        assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
        assert StockItem.objects.get(pk="A").on_hand == 7

    def test_is_of_one_request(self, warehouse):
        for quantity, status in ((7, 201), (8, 422)):
            body, headers = RECEIPT | {"quantity": quantity}, {"Idempotency-Key": "k"}
            answer = warehouse.post("/stock/A/movements", body, content_type="application/json", headers=headers)
            assert answer.status_code == status

    def test_that_is_none_is_400_and_books_nothing(self, warehouse):
        headers = {"Idempotency-Key": "a b"}
        answer = warehouse.post("/stock/A/movements", RECEIPT, content_type="application/json", headers=headers)

        assert (answer.status_code, StockMovement.objects.count()) == (400, 0)

    def test_is_not_used_up_by_what_is_refused(self, warehouse):
        body, headers = {"kind": "adjustment", "quantity": 7}, {"Idempotency-Key": "k"}
        refused = warehouse.post("/stock/A/movements", body, content_type="application/json", headers=headers)
        book(warehouse, "A", RECEIPT)
        booked = warehouse.post("/stock/A/movements", body, content_type="application/json", headers=headers)

        assert (refused.status_code, booked.status_code) == (404, 201)
