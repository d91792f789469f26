"""What was credited before it was sent is not sent any more, and its cancellation does not credit it again.

Both were so elsewhere: woocommerce/woocommerce#58714, woocommerce/woocommerce-ios#1859, evershopcommerce/evershop#1039.
"""

from uuid import UUID

import pytest
from django.test import Client

from api.clients import create_client
from inventory.services import set_on_hand
from invoicing.crediting import AskedLine, credit_invoice
from invoicing.models import CreditNote, Invoice
from operations.unsent import credited_unsent
from orders.causes import by_user
from orders.exceptions import QuantityNotOpen
from orders.history import shipments_of
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import fulfil_order, fulfil_orders
from orders.lifecycle.quantities import WantedLine
from orders.models import Order
from orders.selectors import sent_units
from orders.transitions import Status

pytestmark = pytest.mark.django_db(transaction=True)
ANN = by_user("ann")


@pytest.fixture
def order(place, run_system) -> Order:
    """An order of ten mugs that is invoiced."""
    set_on_hand(levels={"MUG": 10})
    order = place(MUG=10)
    run_system()
    assert Invoice.objects.filter(order_id=order.pk).exists()
    return order


def credit(order: Order, units: int | None, *, restock: bool = False) -> None:
    lines = None if units is None else [AskedLine(line_no=1, quantity=units)]
    number = Invoice.objects.get(order_id=order.pk).number
    credit_invoice(number=number, lines=lines, reason="x", restock=restock, sent_units=sent_units, actor="ann")


def send(order: Order, units: int | None) -> None:
    lines = None if units is None else [WantedLine(1, units)]
    fulfil_order(order_id=UUID(str(order.pk)), lines=lines, cause=ANN, credited_unsent=credited_unsent)
    order.refresh_from_db()


def cancel_rest(order: Order) -> None:
    assert cancel_orders(order_ids=[order.pk], reason="no more", cause=ANN).done


def sent(order: Order) -> int:
    return sum(line.quantity for shipment in shipments_of(order) for line in shipment.lines)


def credited() -> list[int]:
    return [note.lines[0]["quantity"] for note in CreditNote.objects.order_by("sequence")]


def test_an_order_that_was_credited_whole_is_not_sent(order):
    credit(order, None)

    for units, pointer in ((None, "/lines"), (1, "/lines/0/quantity")):
        with pytest.raises(QuantityNotOpen) as refused:
            send(order, units)
        assert [error.pointer for error in refused.value.errors] == [pointer]
        assert "credited before" in refused.value.errors[0].detail
    assert list(fulfil_orders(order_ids=[order.pk], cause=ANN, credited_unsent=credited_unsent).refused) == [order.pk]
    assert sent(order) == 0


def test_of_one_that_was_credited_in_part_the_rest_is_sent_in_one_shipment_or_in_several(order):
    credit(order, 4)

    with pytest.raises(QuantityNotOpen, match="More would be sent"):
        send(order, 7)
    send(order, 2)
    send(order, None)
    with pytest.raises(QuantityNotOpen):
        send(order, 1)

    assert (sent(order), order.status) == (6, Status.PARTLY_FULFILLED)


def test_what_was_credited_unsent_is_not_credited_again_when_the_rest_is_cancelled(order, run_system):
    credit(order, 4)
    send(order, None)
    cancel_rest(order)
    run_system()

    assert (sent(order), credited()) == (6, [4])
    order.refresh_from_db()
    assert order.status == Status.FULFILLED


@pytest.mark.parametrize("restock", [False, True])
def test_what_was_sent_and_credited_takes_nothing_from_what_is_sent_or_cancelled_later(order, run_system, restock):
    send(order, 4)
    credit(order, 3, restock=restock)
    send(order, 2)
    cancel_rest(order)
    run_system()

    assert (sent(order), credited()) == (6, [3, 4])


@pytest.mark.parametrize(("by_hand", "restock", "notes"), [(6, False, [6]), (2, False, [2, 4]), (3, True, [3, 6])])
def test_a_credit_by_hand_that_comes_before_the_cancellations_takes_its_units(
    order, run_system, by_hand, restock, notes
):
    """Who sees the rest cancelled, and no credit note, credits it: invoicing's consumer may be away for hours.

    What was refunded before was credited twice elsewhere: medusajs/medusa#15153.
    """
    send(order, 4)
    cancel_rest(order)
    credit(order, by_hand, restock=restock)
    run_system()

    assert (sent(order), credited()) == (4, notes)


def test_the_api_says_so(order):
    credit(order, None)
    token = create_client(name="clerk", permissions=["orders.fulfil_order", "orders.view_order"])
    clerk = Client(headers={"authorization": f"Bearer {token}"})

    answer = clerk.post(f"/orders/{order.pk}/fulfil", {}, content_type="application/json")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:orderflow:problem:quantity-not-open")
    detail = "all that is open was credited before it was sent: cancel it"
    assert answer.json()["errors"] == [{"pointer": "/lines", "detail": detail}]


def test_the_page_of_the_admin_offers_what_was_not_credited(order, admin_client, run_system):
    credit(order, 4)
    run_system()

    page = admin_client.get(f"/admin/orders/order/{order.pk}/fulfil_part/")
    listed = admin_client.get("/admin/orders/order/").content.decode()

    assert [(row.left, row.value) for row in page.context["form"].rows] == [(6, 6)]
    assert f"to be sent; credited: {CreditNote.objects.get().number}" in listed


def test_the_selection_of_the_admin_names_the_order_and_why(order, admin_client):
    credit(order, None)
    form = {"action": "fulfil_selected", "_selected_action": [str(order.pk)], "_form_submitted": "1", "tracking": ""}

    page = admin_client.post("/admin/orders/order/", form, follow=True).content.decode()

    assert "was credited before it was sent" in page
    assert sent(order) == 0
