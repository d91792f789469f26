"""Searching and filtering the list of orders."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from invoicing.crediting import credit_invoice
from orders.admin_orders import with_tracking
from orders.causes import by_user
from orders.lifecycle.fulfilling import fulfil_order
from orders.models import Order
from orders.transitions import Status

LIST = "/admin/orders/order/"


@pytest.fixture
def found(superuser):
    """The references of the orders that the list shows."""

    def look(**parameters: str) -> list[str]:
        return [order.reference for order in superuser.get(LIST, parameters).context["cl"].result_list]

    return look


@pytest.mark.parametrize("term", ["PO-2", "  PO-2 ", "C-2", "TEA", "tea"])
def test_an_order_is_found_by_reference_customer_and_sku(place, found, term):
    place(reference="PO-1", customer="C-1", MUG=1)
    place(reference="PO-2", customer="C-2", TEA=1)

    assert found(q=term) == ["PO-2"]


def test_an_order_is_found_by_its_id(place, found):
    place(reference="PO-1", MUG=1)
    wanted = place(reference="PO-2", MUG=1)

    assert found(q=str(wanted.pk)) == found(q=wanted.pk.hex.upper()) == ["PO-2"]


def test_an_order_is_found_by_what_stands_on_its_parcels_and_its_documents(confirmed, place, found):
    """saleor/saleor-dashboard#546, TycheSoftwares/woocommerce-delivery-notes#292: what customers say on the phone."""
    place(reference="PO-9", MUG=1)
    fulfil_order(order_id=confirmed.pk, tracking="1Z-999a", cause=by_user("root"))
    note = credit_invoice(number=confirmed.invoice_number, lines=None, reason="broken", restock=False, actor="root")
    shipment = confirmed.shipments.get()

    numbers = (confirmed.invoice_number, note.number, shipment.number)
    for term in (*numbers, *(number.lower() for number in numbers), "1Z-999a", " 1Z-999a "):
        assert found(q=term) == ["PO-1"], term


def test_shipments_without_a_tracking_number_are_not_what_is_searched_for(confirmed, found):
    fulfil_order(order_id=confirmed.pk, cause=by_user("root"))

    assert found(q='""') == found(q="S-999999") == found(q="S-1") == []


def test_orders_are_found_by_a_tracking_number_through_an_index(confirmed):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Order.objects.filter(with_tracking("1Z-999")).explain()

    assert "shipment_tracking" in plan


def test_a_term_that_means_two_things_finds_both(place, found):
    place(reference="MUG", TEA=1)
    place(reference="PO-2", MUG=1)
    place(reference="PO-3", TEA=1)

    assert found(q="MUG") == ["PO-2", "MUG"]


def test_a_part_of_a_reference_finds_nothing(place, found):
    place(reference="PO-1", MUG=1)

    assert found(q="PO") == []


def test_the_newest_orders_come_first(place, found):
    for reference in ("PO-1", "PO-2", "PO-3"):
        place(reference=reference, MUG=1)

    assert found() == ["PO-3", "PO-2", "PO-1"]


def test_orders_are_filtered_by_status(place, found):
    place(reference="PO-1", MUG=1)
    Order.objects.update(status=Status.CONFIRMED)
    place(reference="PO-2", MUG=1)

    assert found(status__exact="confirmed") == ["PO-1"]
    assert found(status__exact="nonsense") == []


def test_days_are_filtered_whole_and_in_utc(place, found):
    for reference, at in (
        ("before", datetime(2026, 3, 1, 23, 59, 59, 999999, UTC)),
        ("first", datetime(2026, 3, 2, tzinfo=UTC)),
        ("last", datetime(2026, 3, 3, 23, 59, 59, 999999, UTC)),
        ("after", datetime(2026, 3, 4, tzinfo=UTC)),
    ):
        Order.objects.filter(pk=place(reference=reference, MUG=1).pk).update(placed_at=at)

    assert found(placed_at_from="2026-03-02", placed_at_to="2026-03-03") == ["last", "first"]
    assert found(placed_at_from="2026-03-04") == ["after"]
    assert found(placed_at_to="2026-03-01") == ["before"]
    assert found(placed_at_from=" 2026-03-04 ") == ["after"]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"placed_at_from": "28.11.2026"}, "There is no day 28.11.2026: write days as 2026-01-31."),
        ({"placed_at_from": "04/03/2026"}, "There is no day 04/03/2026: write days as 2026-01-31."),
        ({"placed_at_from": "Mar 4 2026"}, "There is no day Mar 4 2026: write days as 2026-01-31."),
        ({"placed_at_to": "2026-02-30"}, "There is no day 2026-02-30: write days as 2026-01-31."),
        ({"placed_at_from": "2026-03-04", "placed_at_to": "2026-03-03"}, "No day is from 2026-03-04 to 2026-03-03"),
    ],
)
def test_what_is_no_day_is_said_and_finds_nothing(superuser, place, days, said):
    """usdoj-crt/crt-portal#603: all orders were shown, as if they were those of that day.

    frappe/erpnext#9651: `04/03/2026` were those of 3 April, also for who meant 4 March.
    """
    place(reference="PO-1", MUG=1)

    page = superuser.get(LIST, days)

    assert list(page.context["cl"].result_list) == []
    (message,) = page.context["messages"]
    assert str(message).startswith(said)


@pytest.mark.parametrize("term", ["\u200ePO-2", "\ufeffPO-2", "PO\u200b-2\u202c", "\u2066TEA\u2069"])
def test_marks_that_nobody_sees_come_along_with_what_is_pasted(place, found, term):
    """dimagi/Vellum#898, tellma-ltd/tellma#46: from mails and documents; no value that is stored has any."""
    place(reference="PO-1", customer="C-1", MUG=1)
    place(reference="PO-2", customer="C-2", TEA=1)

    assert found(q=term) == ["PO-2"]


def test_marks_alone_find_nothing(place, found):
    place(reference="", customer="C-1", MUG=1)

    assert found(q="\u202e") == []
