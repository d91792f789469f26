"""Receiving a delivery in the admin: the lines of a delivery note, all at once."""

import pytest

from inventory.models import StockItem, StockMovement
from tests.factories import StockItemFactory
from tests.integration.admin.forms import errors, send, told

URL = "/admin/inventory/stockitem/receive/"


@pytest.fixture
def clerk(staff):
    return staff("inventory.add_stockmovement", "inventory.view_stockitem", "inventory.view_stockmovement", name="ann")


@pytest.fixture(autouse=True)
def items(db):
    StockItemFactory(sku="A", on_hand=5, reserved=3)
    StockItemFactory(sku="B 1", on_hand=0)


def receive(client, goods: str, *, document: str = "LS-1", **entered: str):
    return send(client, URL, {"goods": goods, "document": document, **entered})


def on_hand() -> dict[str, int]:
    return dict(StockItem.objects.values_list("sku", "on_hand"))


def test_forty_lines_of_a_delivery_note_are_received_at_once(clerk):
    """Dokuly-PLM/dokuly#73: each line had a page of its own."""
    skus = [f"NEW-{number}" for number in range(38)]
    goods = "a\t4\t1.50\r\nB 1\t7\t\r\n\r\n" + "\n".join(f"{sku}; 2" for sku in skus)

    response = receive(clerk, goods, currency="gbp", note="by lorry")

    named = ", ".join(sorted(skus)[:10])
    assert told(clerk, response) == [f"Booked: 40 receipts. New stock items: {named} and 28 more."]
    assert response.headers["Location"] == "/admin/inventory/stockmovement/?q=LS-1"
    assert on_hand() == {"A": 9, "B 1": 7, **dict.fromkeys(skus, 2)}
    booked = StockMovement.objects.filter(sku__in=["A", "B 1"]).order_by("sku")
    columns = ("sku", "kind", "on_hand_change", "unit_cost", "cost_currency", "document", "note", "actor")
    assert [[str(value) for value in row] for row in booked.values_list(*columns)] == [
        ["A", "receipt", "4", "1.500000", "GBP", "LS-1", "by lorry", "ann"],
        ["B 1", "receipt", "7", "None", "", "LS-1", "by lorry", "ann"],
    ]


def test_what_was_received_of_a_delivery_note_before_is_not_received_again(clerk):
    told(clerk, receive(clerk, "A 4"))

    assert told(clerk, receive(clerk, "A 4\nB 1; 7", document="ls-1")) == [
        "Booked: 1 receipt. Booked before, and not again: 1."
    ]
    refused = receive(clerk, "A 5\nNEW 1")
    assert errors(refused) == {"document": ["A: document LS-1 was booked before for A, with other values."]}
    assert on_hand() == {"A": 9, "B 1": 7}


@pytest.mark.parametrize("goods", ["A 4", "a,4", " A\t4", "A ; 4", "A;4;", "A, 4"])
def test_a_line_is_taken_as_people_write_it(clerk, goods):
    assert receive(clerk, goods).status_code == 302
    assert on_hand()["A"] == 9


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("A", "must be a sku and a whole number of units"),
        ("A 0", "must be a sku and a whole number of units from 1 on, by digits alone"),
        ("A -4", "must be a sku and a whole number of units from 1 on, by digits alone"),
        ("A;1.000", "must be a sku and a whole number of units from 1 on, by digits alone"),
        ("A;1,000", "must be a sku and a whole number of units from 1 on, by digits alone"),
        ("A 1,000", "can be read in two ways: put a semicolon or a tab behind the sku, and before a cost"),
        ("A 1 000", "can be read in two ways: put a semicolon or a tab behind the sku, and before a cost"),
        ("A,4,2", "can be read in two ways: put a semicolon or a tab behind the sku, and before a cost"),
        ("B 1 7", "can be read in two ways: put a semicolon or a tab behind the sku, and before a cost"),
        ("A;4;1,50", "must end with a cost such as 1.50, or with the units"),
        ("A;4;1.50;x", "must end with a cost such as 1.50, or with the units"),
        ("A;4\nA;5", "names A once more"),
        (f"{'A' * 190}; {'1' * 20}", "is longer than 200 characters"),
    ],
)
def test_a_line_that_can_not_be_booked_is_named_and_nothing_is(clerk, line, says):
    (error,) = errors(receive(clerk, f"B 1;1\n{line}"))["goods"]

    assert error in {f"Line 2 {says}.", f"Line 3 {says}."}
    assert not StockMovement.objects.exists()


def test_costs_have_a_currency(clerk):
    assert errors(receive(clerk, "A;4;1.50")) == {"currency": ["Enter the currency of the costs."]}
    assert list(errors(receive(clerk, "A;4", currency="GBP"))) == ["currency"]


def test_a_delivery_has_a_delivery_note_and_lines(clerk):
    assert sorted(errors(receive(clerk, " \n", document=""))) == ["document", "goods"]


def test_who_may_not_book_receives_nothing(viewer):
    assert receive(viewer, "A 4").status_code == 403
    assert "Receive a delivery" not in viewer.get("/admin/inventory/stockitem/").content.decode()
