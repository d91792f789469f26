"""What a person sees of an order that waits for stock: that it waits, for what, and behind how many."""

import pytest

from orders.causes import by_user
from orders.lifecycle.cancelling import cancel_orders

DECISIONS = "/admin/inventory/reservationdecision/"


def panels(client, address: str) -> dict[str, list[list[str]]]:
    shown = client.get(address).context["panels"]
    return {panel.title: [[str(cell) for cell in row] for row in panel.rows] for panel in shown}


def test_the_page_of_an_order_says_what_it_waits_for_and_what_there_is(viewer, place, consume, waiting):
    place(allow_backorder=True, PLATE=2)
    consume()

    shown = panels(viewer, f"/admin/orders/order/{waiting.pk}/change/")

    assert [row[1:] for row in shown["Stock: waits its turn"]] == [["1", "1", "1"], ["7", "5", "9"]]


def test_a_decision_that_has_it_wait_names_what_was_short(viewer, waiting):
    shown = panels(viewer, f"{DECISIONS}{waiting.pk}/change/")

    assert [row[1:] for row in shown["What was short"]] == [["7", "5"]]


def test_the_stock_item_shows_that_somebody_waits_and_its_ledger_since_when(viewer, waiting):
    page = viewer.get("/admin/inventory/stockitem/PLATE/change/")

    rows = page.context["panels"][0].rows
    assert [(row[1], row[2], row[6]) for row in rows] == [("backorder", "", "+7"), ("receipt", "+5", "")]


@pytest.mark.parametrize("cancelled", [False, True])
def test_decisions_of_each_outcome_are_listed_and_shown(viewer, consume, confirmed, rejected, waiting, cancelled):
    if cancelled:
        cancel_orders(order_ids=[waiting.pk], reason="no", cause=by_user("ann"))
        consume()

    assert viewer.get(DECISIONS).status_code == 200
    for order in (confirmed, rejected, waiting):
        assert viewer.get(f"{DECISIONS}{order.pk}/change/").status_code == 200
        assert viewer.get(f"/admin/orders/order/{order.pk}/change/").status_code == 200
