"""Cancelling orders and sending their goods in the admin: one, or a selection."""

import pytest
from django.db import OperationalError
from django.utils.html import strip_tags
from django.utils.module_loading import import_string

from orders.models import Order, Shipment
from orders.transitions import Status

LIST = "/admin/orders/order/"
LOOK, CANCEL, FULFIL = (f"orders.{verb}_order" for verb in ("view", "cancel", "fulfil"))


@pytest.fixture
def clerk(staff):
    return staff(LOOK, CANCEL, FULFIL, name="ann")


@pytest.fixture
def confirmed_orders(place):
    orders = [place(MUG=2), place(MUG=1)]
    Order.objects.update(status=Status.CONFIRMED)
    return orders


def choose(client, action, *orders, **entered):
    """Run an action of the list on these orders."""
    chosen = [order.pk for order in orders]
    return client.post(LIST, {"action": action, "_selected_action": chosen} | entered, follow=True)


def press(client, button, order, **entered):
    """Press a button on the page of an order and confirm its dialog; what the next page tells."""
    response = client.post(f"{LIST}{order.pk}/{button}/", {"_form_submitted": "true"} | entered)
    return told(client.get(response.headers["HX-Redirect"])) if "HX-Redirect" in response.headers else response


def told(response):
    return [str(message) for message in response.context["messages"]]


def link(order):
    return f'<a class="text-link" href="{LIST}{order.pk}/change/">{order.known_as}</a>'


def states():
    return sorted(Order.objects.values_list("status", flat=True))


def test_an_order_is_cancelled_on_its_page_for_a_reason(clerk, confirmed_orders):
    order = confirmed_orders[0]

    assert press(clerk, "cancel_this", order, reason="Changed my mind") == ["Cancelled: 1."]

    order.refresh_from_db()
    assert (order.status, order.cancellation_reason) == ("cancelled", "Changed my mind")
    page = clerk.get(f"{LIST}{order.pk}/change/").content.decode()
    assert " UTC: Changed my mind" in strip_tags(page)
    assert "user ann" in page


def test_without_a_reason_nothing_is_cancelled(clerk, confirmed_orders):
    press(clerk, "cancel_this", confirmed_orders[0], reason=" ")

    assert states() == ["confirmed", "confirmed"]


def test_an_order_is_fulfilled_on_its_page(clerk, confirmed_orders):
    order = confirmed_orders[0]

    assert press(clerk, "fulfil_this", order, tracking="1Z9") == ["Fulfilled: 1."]

    shipment = Shipment.objects.get()
    page = clerk.get(f"{LIST}{order.pk}/change/").content.decode()
    assert shipment.number in page
    assert "1Z9" in page


def test_an_order_that_moved_on_meanwhile_says_what_it_is(clerk, confirmed_orders):
    press(clerk, "fulfil_this", confirmed_orders[0])

    (message,) = press(clerk, "cancel_this", confirmed_orders[0], reason="no")

    assert message == f"Not done: {link(confirmed_orders[0])}. The order is fulfilled: it can&#x27;t be cancelled."


def test_of_a_selection_it_is_said_which_were_done_and_which_not_and_why(clerk, confirmed_orders, place):
    placed = place(MUG=3)

    response = choose(clerk, "fulfil_selected", *confirmed_orders, placed, _form_submitted="true", tracking="T")

    done, refused = told(response)
    assert done == "Fulfilled: 2."
    assert refused == f"Not done: {link(placed)}. The order is placed: it can&#x27;t be fulfilled."
    assert states() == ["fulfilled", "fulfilled", "placed"]


def test_orders_that_were_left_out_are_called_as_people_call_them(clerk, confirmed_orders, place):
    """openlinker-project/openlinker#2152: an id that nobody knows, of each order."""
    placed = place(reference="<i>PO</i>", MUG=3)

    page = choose(clerk, "fulfil_selected", placed, _form_submitted="true", tracking="")

    assert "&lt;i&gt;PO&lt;/i&gt;</a>. The order is placed" in page.content.decode()


def test_a_selection_is_asked_for_its_reason_first(clerk, confirmed_orders):
    page = choose(clerk, "cancel_selected", *confirmed_orders)

    assert "Orders selected: 2." in page.content.decode()
    assert states() == ["confirmed", "confirmed"]
    choose(clerk, "cancel_selected", *confirmed_orders, _form_submitted="true", reason="no")
    assert states() == ["cancelled", "cancelled"]


@pytest.mark.parametrize("button", ["cancel_this", "fulfil_this"])
def test_who_may_only_look_can_not(viewer, confirmed_orders, button):
    response = viewer.post(f"{LIST}{confirmed_orders[0].pk}/{button}/", {"_form_submitted": "true", "reason": "no"})

    assert response.status_code == 403
    assert states() == ["confirmed", "confirmed"]


@pytest.mark.parametrize(
    ("status", "buttons"),
    [
        (Status.PLACED, {"cancel"}),
        (Status.CONFIRMED, {"cancel", "fulfil"}),
        (Status.PARTLY_FULFILLED, {"cancel", "fulfil"}),
        (Status.FULFILLED, set()),
    ],
)
def test_a_page_has_the_buttons_of_the_steps_that_its_order_can_take(clerk, place, status, buttons):
    order = place(MUG=1)
    Order.objects.update(status=status)

    page = clerk.get(f"{LIST}{order.pk}/change/").content.decode()

    assert {name for name in ("cancel", "fulfil") if f"{name}_this" in page} == buttons


@pytest.mark.parametrize("status", list(Status))
def test_orders_are_found_by_every_state(clerk, place, status):
    place(MUG=1)

    assert clerk.get(LIST, {"status__exact": status}).status_code == 200


def test_a_busy_database_is_said_and_nothing_is_done(clerk, confirmed_orders, monkeypatch):
    def busy(**_):
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr("orders.admin_steps.cancel_orders", busy)

    assert press(clerk, "cancel_this", confirmed_orders[0], reason="no") == [
        "The database is busy. Not known to be done: 1. Look what was done, and try again."
    ]


@pytest.mark.parametrize(
    ("step", "module", "entered", "done"),
    [
        ("cancel_selected", "cancelling._cancel", {"reason": "no"}, "Cancelled"),
        ("fulfil_selected", "fulfilling._fulfil", {}, "Fulfilled"),
    ],
)
def test_of_a_selection_that_broke_off_it_is_said_how_many_were_done(
    clerk, confirmed_orders, monkeypatch, step, module, entered, done
):
    work = import_string(f"orders.lifecycle.{module}")
    batches = iter([work])

    def breaks_off(*args, **kwargs):
        for first in batches:
            return first(*args, **kwargs)
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr("orders.lifecycle.selection.ORDERS_AT_ONCE", 1)
    monkeypatch.setattr(f"orders.lifecycle.{module}", breaks_off)

    response = choose(clerk, step, *confirmed_orders, _form_submitted="1", **entered)

    assert told(response) == [
        "The database is busy. Not known to be done: 1. Look what was done, and try again.",
        f"{done}: 1.",
    ]
