"""Sending a part of an order on a page of the admin: what leaves now, line by line."""

import pytest
from django.db import OperationalError

from orders.causes import by_user
from orders.lifecycle.cancelling import cancel_orders
from orders.models import Order, OrderLine, Shipment, ShipmentLine
from orders.transitions import Status
from tests.integration.admin.forms import errors, send, shown_key, shown_left, told

LOOK, CANCEL, FULFIL = (f"orders.{verb}_order" for verb in ("view", "cancel", "fulfil"))


@pytest.fixture
def clerk(staff):
    return staff(LOOK, CANCEL, FULFIL, name="ann")


def page(order) -> str:
    return f"/admin/orders/order/{order.pk}/fulfil_part/"


def ship(client, order, tracking: str = "", key: str = "", **lines: object):
    """`line_1=2`: two units of line 1."""
    return send(client, page(order), {"tracking": tracking} | lines, key=key)


def shipped() -> list[list[tuple[int, int]]]:
    return [list(each.lines.values_list("line_no", "quantity")) for each in Shipment.objects.order_by("id")]


def test_the_page_offers_all_that_is_left_and_what_is_sent_is_a_shipment(clerk, confirmed):
    shown = clerk.get(page(confirmed))
    assert [(row.left, row.value) for row in shown.context["form"].rows] == [(2, 2), (1, 1)]

    response = ship(clerk, confirmed, tracking="1Z9", line_1="1", line_2="")

    assert response.headers["Location"] == f"/admin/orders/order/{confirmed.pk}/change/"
    assert told(clerk, response) == ["Sent as one shipment: 1 unit."]
    assert shipped() == [[(1, 1)]]
    confirmed.refresh_from_db()
    assert confirmed.status == Status.PARTLY_FULFILLED
    order_page = clerk.get(response.headers["Location"]).content.decode()
    assert "1Z9" in order_page
    assert "user ann" in order_page


def test_of_what_was_sent_no_box_is_left_and_the_last_part_completes_the_order(clerk, confirmed):
    ship(clerk, confirmed, line_1="2")

    assert [(row.left, row.has_box) for row in clerk.get(page(confirmed)).context["form"].rows] == [
        (0, False),
        (1, True),
    ]
    ship(clerk, confirmed, line_2="1")
    assert Order.objects.get(pk=confirmed.pk).status == Status.FULFILLED


def test_the_rest_is_cancelled_by_a_button_that_says_so(clerk, confirmed):
    assert "Cancel the rest" not in clerk.get(f"/admin/orders/order/{confirmed.pk}/change/").content.decode()
    ship(clerk, confirmed, line_1="1")

    assert "Cancel the rest" in clerk.get(f"/admin/orders/order/{confirmed.pk}/change/").content.decode()


# Dolibarr/dolibarr#40150: more than is left was refused there without saying of which line.
@pytest.mark.parametrize(
    ("lines", "field", "says"),
    [
        ({"line_1": "3"}, "line_1", "Only 2 were ordered of line 1."),
        ({"line_1": "1", "line_2": "2"}, "line_2", "Only 1 were ordered of line 2."),
        ({"line_1": "-1"}, "line_1", "Ensure this value is greater than or equal to 0."),
        ({"line_1": "1.5"}, "line_1", "Enter a whole number"),
        ({"line_1": "1.0"}, "line_1", "Enter a whole number by its digits alone"),
        ({"line_1": "9" * 5000}, "line_1", "Enter a whole number"),
        ({"line_1": "\x00"}, "line_1", "Enter a whole number"),
        ({"line_1": "1", "tracking": "a\x01"}, "tracking", "Must be a string"),
        ({}, "__all__", "Enter a quantity for at least one line."),
        ({"line_1": "0", "line_9": "1"}, "__all__", "Enter a quantity for at least one line."),
    ],
)
def test_what_can_not_be_sent_is_said_at_its_line(clerk, confirmed, lines, field, says):
    wrong = errors(ship(clerk, confirmed, **lines))

    assert list(wrong) == [field]
    assert wrong[field][0].startswith(says)
    assert not Shipment.objects.exists()


def test_all_lines_that_are_wrong_are_named_at_once(clerk, confirmed):
    assert list(errors(ship(clerk, confirmed, line_1="3", line_2="7"))) == ["line_1", "line_2"]


# govuk-pay/pay-selfservice#4985: a page that was opened before somebody else did the same.
def test_a_page_that_others_overtook_says_what_is_open(clerk, superuser, confirmed):
    ship(superuser, confirmed, line_1="1")

    assert errors(ship(clerk, confirmed, line_1="2")) == {"line_1": ["Only 1 are open of line 1."]}
    assert shipped() == [[(1, 1)]]


# ten24/slatwall#5268: two deliveries, where one was meant; there is enough left for both.
def test_a_parcel_that_two_people_enter_is_sent_once_unless_one_says_so_again(clerk, superuser, confirmed):
    left = shown_left(clerk.get(page(confirmed)))
    ship(superuser, confirmed, line_1="1")

    overtaken = ship(clerk, confirmed, line_1="1", left_when_shown=left)

    assert errors(overtaken)["__all__"][0].startswith("Meanwhile a part of this was done")
    assert [(row.left, row.value) for row in overtaken.context["form"].rows] == [(1, "1"), (1, "")]
    assert shipped() == [[(1, 1)]]
    again = ship(clerk, confirmed, line_1="1", left_when_shown=shown_left(overtaken))
    assert told(clerk, again) == ["Sent as one shipment: 1 unit."]


def test_an_order_that_was_cancelled_meanwhile_is_not_sent(clerk, confirmed):
    cancel_orders(order_ids=[confirmed.pk], reason="no", cause=by_user("bob"))

    assert errors(ship(clerk, confirmed, line_1="1")) == {"__all__": ["The order is cancelled: it can't be fulfilled."]}
    assert told(clerk, clerk.get(page(confirmed))) == ["The order is cancelled: it can't be fulfilled."]


# woocommerce/woocommerce#30759: a double click had an order's actions done twice.
def test_a_page_that_is_sent_twice_sends_the_goods_once(clerk, confirmed):
    key = shown_key(clerk.get(page(confirmed)))

    responses = [ship(clerk, confirmed, key=key, line_1="2", line_2="1") for _ in range(2)]

    assert told(clerk, responses[1])[-1] == "This was done already: the page was sent twice."
    assert shipped() == [[(1, 2), (2, 1)]]


def test_who_may_only_look_sends_nothing(viewer, confirmed):
    assert viewer.get(page(confirmed)).status_code == 403
    assert ship(viewer, confirmed, line_1="1").status_code == 403
    assert "fulfil_part" not in viewer.get(f"/admin/orders/order/{confirmed.pk}/change/").content.decode()
    assert not Shipment.objects.exists()


def test_who_may_fulfil_but_not_see_orders_gets_no_page(staff, confirmed):
    assert staff(FULFIL).get(page(confirmed)).status_code == 403


# readthedocs/readthedocs.org#9687: a page that saves many rows was a bare 400, since Django takes 1,000 fields.
def test_an_order_of_more_lines_than_a_form_has_fields_is_sent_by_one_page(
    clerk, confirmed, django_assert_max_num_queries
):
    first = OrderLine.objects.get(order=confirmed, line_no=1)
    more = [OrderLine(**_columns(first) | {"line_no": n}) for n in range(3, 1101)]
    OrderLine.objects.bulk_create(more)

    with django_assert_max_num_queries(10):
        clerk.get(page(confirmed))
    ship(clerk, confirmed, line_2="1", **{f"line_{n}": "2" for n in range(1, 1101) if n != 2})

    assert ShipmentLine.objects.count() == 1100
    assert Order.objects.get(pk=confirmed.pk).status == Status.FULFILLED


def _columns(line: OrderLine) -> dict[str, object]:
    return {field.attname: getattr(line, field.attname) for field in OrderLine._meta.concrete_fields}


def test_a_busy_database_is_said_and_the_page_can_be_sent_again(clerk, confirmed, monkeypatch):
    def busy(**_):
        raise OperationalError("canceling statement due to lock timeout")

    with monkeypatch.context() as patched:
        patched.setattr("orders.admin_shipping.fulfil_order", busy)
        refused = ship(clerk, confirmed, line_1="1")

    assert "it is carried out only once" in errors(refused)["__all__"][0]
    ship(clerk, confirmed, key=shown_key(refused), line_1="1")
    assert shipped() == [[(1, 1)]]
