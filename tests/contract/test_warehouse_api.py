"""Reasons, documents and costs of movements; reorder points; POST /stock-takes."""

import pytest

from inventory.models import StockItem, StockMovement
from messaging.models import OutboxMessage
from tests.factories import StockItemFactory

pytestmark = pytest.mark.django_db

RECEIPT = {"kind": "receipt", "quantity": 4, "unit_cost": "2.50", "currency": "GBP"}


@pytest.fixture
def warehouse(api):
    """A client that may book, and see what was."""
    return api(
        "inventory.add_stockmovement", "inventory.change_stockitem", "inventory.view_stockmovement", name="warehouse"
    )


def book(client, body, sku="A"):
    return client.post(f"/stock/{sku}/movements", body, content_type="application/json")


def count(client, *counts, **more):
    lines = [{"sku": sku, "counted": counted} for sku, counted in counts]
    return client.post("/stock-takes", {"lines": lines} | more, content_type="application/json")


def pointers(answer) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


class TestAMovement:
    def test_says_what_it_cost_and_what_it_goes_back_to(self, warehouse):
        answer = book(warehouse, RECEIPT | {"document": "DN-1"})

        assert answer.status_code == 201
        listed = warehouse.get("/stock/A/movements").json()["results"][0]
        assert listed == answer.json()
        assert (listed["unit_cost"], listed["currency"], listed["document"]) == ("2.50", "GBP", "DN-1")

    def test_tells_nobody_else_what_it_cost(self, warehouse, api):
        book(warehouse, RECEIPT | {"document": "DN-1"})
        anyone = api(name="anyone")

        (listed,) = anyone.get("/stock/A/movements").json()["results"]
        item = anyone.get("/stock/A").json()

        assert (listed["unit_cost"], listed["currency"], listed["document"]) == (None, None, None)
        assert (item["average_cost"], item["value"], item["currency"]) == (None, None, None)

    @pytest.mark.parametrize("reason", ["damaged", "expired", "lost", "correction", "other"])
    def test_of_an_adjustment_says_why(self, warehouse, reason):
        StockItemFactory(sku="A", on_hand=5)

        answer = book(warehouse, {"kind": "adjustment", "quantity": -2, "reason": reason})

        assert (answer.status_code, answer.json()["reason"]) == (201, reason)

    def test_without_a_reason_is_a_correction(self, warehouse):
        StockItemFactory(sku="A", on_hand=5)

        assert book(warehouse, {"kind": "adjustment", "quantity": -2}).json()["reason"] == "correction"

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({"kind": "adjustment", "quantity": 2, "reason": "lost"}, ["/quantity"]),
            ({"kind": "adjustment", "quantity": -2, "reason": "found"}, ["/quantity"]),
            ({"kind": "adjustment", "quantity": 2, "reason": "theft"}, ["/reason"]),
            ({"kind": "adjustment", "quantity": 2, "reason": "stock_take"}, ["/reason"]),
            ({"kind": "receipt", "quantity": 0, "reason": "found"}, ["/quantity", "/reason"]),
            (RECEIPT | {"unit_cost": "-1"}, ["/unit_cost"]),
            (RECEIPT | {"unit_cost": "1.1234567"}, ["/unit_cost"]),
            (RECEIPT | {"unit_cost": "NaN"}, ["/unit_cost"]),
            (RECEIPT | {"unit_cost": "1e3"}, ["/unit_cost"]),
            (RECEIPT | {"currency": "GPB"}, ["/currency"]),
            (RECEIPT | {"currency": None}, ["/currency"]),
            (RECEIPT | {"unit_cost": None}, ["/unit_cost"]),
            (RECEIPT | {"kind": "adjustment"}, ["/unit_cost"]),
            (RECEIPT | {"document": "x" * 65}, ["/document"]),
            (RECEIPT | {"document": "a\x00b"}, ["/document"]),
        ],
    )
    def test_that_makes_no_sense_is_refused_at_its_fields(self, warehouse, body, wrong):
        StockItemFactory(sku="A", on_hand=5)

        answer = book(warehouse, body)

        assert (answer.status_code, pointers(answer)) == (422, wrong)
        assert not StockMovement.objects.exists()

    def test_of_a_document_that_was_booked_is_a_conflict(self, warehouse):
        """kmbrimble/terriblebutler#44: a delivery that two people enter counted twice."""
        book(warehouse, RECEIPT | {"document": "DN-1"})

        answer = book(warehouse, RECEIPT | {"document": "DN-1", "quantity": 5})

        assert (answer.status_code, pointers(answer)) == (409, ["/document"])
        assert answer.json()["errors"][0]["detail"] == "document DN-1 was booked before for A"
        answer = book(warehouse, RECEIPT | {"document": "dn-1"})
        assert answer.json()["errors"][0]["detail"] == "document dn-1 was booked before as DN-1 for A"
        assert book(warehouse, RECEIPT | {"document": "DN-1"}, sku="B").status_code == 201
        assert StockItem.objects.get(sku="A").on_hand == 4

    def test_in_another_currency_than_what_is_there_is_a_conflict(self, warehouse):
        book(warehouse, RECEIPT)

        answer = book(warehouse, RECEIPT | {"currency": "EUR"})

        assert (answer.status_code, pointers(answer)) == (409, ["/currency"])
        assert answer.json()["errors"][0]["detail"] == "what is there of A was bought in GBP"


class TestWhatStockIsWorth:
    def test_is_units_at_the_average_of_what_they_cost(self, warehouse):
        book(warehouse, RECEIPT)
        book(warehouse, RECEIPT | {"quantity": 2, "unit_cost": "1"})
        book(warehouse, {"kind": "adjustment", "quantity": -3, "reason": "damaged"})

        item = warehouse.get("/stock/A").json()

        assert (item["average_cost"], item["value"], item["currency"]) == ("2.00", "6.00", "GBP")
        assert warehouse.get("/stock").json()["results"] == [item]

    def test_is_not_known_where_no_receipt_named_a_cost(self, warehouse):
        book(warehouse, {"kind": "receipt", "quantity": 4})

        item = warehouse.get("/stock/A").json()

        assert (item["average_cost"], item["value"], item["currency"]) == (None, None, None)

    def test_starts_anew_in_any_currency_once_nothing_is_left(self, warehouse):
        book(warehouse, RECEIPT)
        count(warehouse, ("A", 0))
        book(warehouse, RECEIPT | {"unit_cost": "300", "currency": "JPY"})

        item = warehouse.get("/stock/A").json()

        assert (item["average_cost"], item["value"], item["currency"]) == ("300", "1200", "JPY")

    def test_of_the_largest_numbers_is_still_a_number(self, warehouse):
        largest = {"kind": "receipt", "quantity": 10**9, "unit_cost": "999999999999.999999", "currency": "GBP"}
        for _ in range(2):
            assert book(warehouse, largest).status_code == 201

        assert warehouse.get("/stock/A").json()["value"] == "1999999999999999998000.00"


class TestAReorderPoint:
    def test_can_be_set(self, warehouse):
        StockItemFactory(sku="A", on_hand=5)

        answer = warehouse.patch("/stock/a", {"reorder_point": 3}, content_type="application/json")

        assert (answer.status_code, answer.json()["reorder_point"]) == (200, 3)
        assert StockItem.objects.get().reorder_point == 3

    def test_takes_a_permission(self, api):
        StockItemFactory(sku="A")

        answer = api("inventory.add_stockmovement").patch(
            "/stock/A", {"reorder_point": 3}, content_type="application/json"
        )

        assert answer.status_code == 403
        assert "inventory.change_stockitem" in answer.json()["detail"]

    def test_of_an_unknown_sku_is_not_found(self, warehouse):
        assert warehouse.patch("/stock/NONE", {"reorder_point": 3}, content_type="application/json").status_code == 404

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, ["/reorder_point"]),
            ({"reorder_point": -1}, ["/reorder_point"]),
            ({"reorder_point": None}, ["/reorder_point"]),
            ({"reorder_point": 10**15 + 1}, ["/reorder_point"]),
            ({"reorder_point": 1, "on_hand": 3}, ["/on_hand"]),
        ],
    )
    def test_that_is_none_is_refused(self, warehouse, body, wrong):
        StockItemFactory(sku="A")

        answer = warehouse.patch("/stock/A", body, content_type="application/json")

        assert (answer.status_code, pointers(answer)) == (422, wrong)


class TestAStockTake:
    def test_brings_levels_to_what_was_counted(self, warehouse):
        StockItemFactory(sku="A", on_hand=5, reserved=2)
        StockItemFactory(sku="B", on_hand=5)

        answer = count(warehouse, ("A", 2), (" b ", 5), document="ST-1", note="July")

        assert answer.status_code == 201
        said = [(m["sku"], m["on_hand_change"], m["counted"], m["reason"]) for m in answer.json()["movements"]]
        assert said == [("A", -3, 2, "stock_take"), ("B", 0, 5, "stock_take")]
        assert dict(StockItem.objects.values_list("sku", "on_hand")) == {"A": 2, "B": 5}

    def test_below_what_is_reserved_is_refused_with_each_line_and_nothing_is_booked(self, warehouse):
        """frappe/erpnext#49382: there a count was refused as soon as anything was reserved."""
        StockItemFactory(sku="A", on_hand=5, reserved=3)
        StockItemFactory(sku="B", on_hand=5)
        StockItemFactory(sku="C", on_hand=5, reserved=5)

        answer = count(warehouse, ("A", 2), ("NONE", 1), ("B", 9), ("C", 0))

        assert answer.status_code == 409
        assert answer.json()["errors"] == [
            {"pointer": "/lines/0/counted", "detail": "A can't have 2 on hand: 3 are reserved"},
            {"pointer": "/lines/1/sku", "detail": "there is no stock item NONE"},
            {"pointer": "/lines/3/counted", "detail": "C can't have 0 on hand: 5 are reserved"},
        ]
        assert StockItem.objects.get(sku="B").on_hand == 5
        assert not StockMovement.objects.exists()

    @pytest.mark.parametrize(
        ("lines", "wrong"),
        [
            ([], ["/lines"]),
            ([{"sku": "A", "counted": 1}, {"sku": "a", "counted": 2}], ["/lines/1/sku"]),
            ([{"sku": "A", "counted": -1}], ["/lines/0/counted"]),
            (
                [{"sku": "A", "counted": 1.5}, {"sku": "-", "counted": 10**16}],
                ["/lines/0/counted", "/lines/1/sku", "/lines/1/counted"],
            ),
            ([{"sku": "A"}], ["/lines/0/counted"]),
            ([{"sku": "A", "counted": 1}] * 2001, ["/lines"]),
        ],
    )
    def test_that_makes_no_sense_is_refused(self, warehouse, lines, wrong):
        StockItemFactory(sku="A")

        answer = warehouse.post("/stock-takes", {"lines": lines}, content_type="application/json")

        assert (answer.status_code, pointers(answer)) == (422, wrong)

    def test_takes_a_permission(self, api):
        assert count(api(), ("A", 2)).status_code == 403

    def test_with_a_key_is_booked_once(self, warehouse):
        StockItemFactory(sku="A", on_hand=5)
        body, headers = {"lines": [{"sku": "A", "counted": 2}]}, {"Idempotency-Key": "k"}

        first, again = (
            warehouse.post("/stock-takes", body, content_type="application/json", headers=headers) for _ in range(2)
        )

        assert (first.status_code, again.status_code) == (201, 201)
        assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
        assert StockMovement.objects.count() == 1

    def test_of_a_document_that_was_booked_is_a_conflict(self, warehouse):
        """A count is of its day: the same sheet a week later would undo what came since."""
        StockItemFactory(sku="A", on_hand=5)
        count(warehouse, ("A", 5), document="ST-1")

        answer = count(warehouse, ("A", 5), document="ST-1")

        assert (answer.status_code, pointers(answer)) == (409, ["/lines/0/document"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/stock/A/movements", {"kind": "adjustment", "quantity": -4, "reason": "damaged"}),
        ("post", "/stock-takes", {"lines": [{"sku": "A", "counted": 1}]}),
        ("patch", "/stock/A", {"reorder_point": 5}),
    ],
)
def test_the_event_of_stock_that_ran_low_carries_the_request_id_as_correlation(api, method, path, body):
    client = api("inventory.add_stockmovement", "inventory.change_stockitem")
    StockItemFactory(sku="A", on_hand=5, reorder_point=1)
    headers = {"x-request-id": "req-1", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    answer = getattr(client, method)(path, body, content_type="application/json", headers=headers)

    assert answer.status_code in (200, 201), answer.content
    event = OutboxMessage.objects.get(type="stock.low.v1")
    assert (event.correlation_id, event.traceparent) == tuple(headers.values())
