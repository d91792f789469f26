"""The list of orders says in words what each waits for, and why."""

import pytest

from orders.causes import by_user
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import fulfil_order
from orders.lifecycle.quantities import WantedLine

LIST = "/admin/orders/order/"


@pytest.fixture
def words(viewer):
    """The text in the list of orders; checks that the order's page has the same."""

    def look(order) -> str:
        row = viewer.get(LIST, {"q": str(order.pk)}).content.decode()
        (said,) = _texts(row, "field-next_step")
        assert said in " ".join(viewer.get(f"{LIST}{order.pk}/change/").content.decode().split())
        return said

    return look


def _texts(page: str, column: str) -> list[str]:
    """The texts of the cells of a column."""
    cells = page.split(f'class="{column}')[1:] or page.split(column)[1:]
    return [" ".join(cell[cell.index(">") + 1 :].split("</td>")[0].split()) for cell in cells]


def test_an_order_that_nobody_looked_at_yet(words, place):
    assert words(place(MUG=1)) == "its stock is to be reserved"


def test_an_order_that_waits_says_for_what(words, waiting):
    assert words(waiting) == "waits for stock: 7 of PLATE (there were 5)"


def test_an_order_that_waits_for_many_skus_names_the_first(words, place, consume):
    order = place(allow_backorder=True, A=1, B=1, C=1, D=1, E=2)
    consume()
    order.refresh_from_db()

    assert words(order).endswith(", 1 of C (there were 0) and 2 more")


def test_an_order_that_is_confirmed_or_sent_in_part_is_to_be_sent(words, confirmed):
    assert words(confirmed) == "to be sent"

    fulfil_order(order_id=confirmed.pk, lines=[WantedLine(1, 1)], cause=by_user("ann"))
    assert words(confirmed) == "the rest is to be sent"

    cancel_orders(order_ids=[confirmed.pk], reason="Sold out", cause=by_user("ann"))
    assert words(confirmed) == "sent in part; the rest was cancelled: Sold out"


def test_an_order_that_was_sent_waits_for_nothing(words, confirmed):
    fulfil_order(order_id=confirmed.pk, cause=by_user("ann"))

    assert words(confirmed) == "all is sent"


def test_an_order_that_was_rejected_says_what_was_short(words, rejected):
    assert words(rejected) == "too little stock: 7 of PLATE (there were 5)"


def test_an_order_that_was_cancelled_says_why(words, place):
    order = place(MUG=1)
    cancel_orders(order_ids=[order.pk], reason="<b>Changed</b> my mind", cause=by_user("ann"))

    assert words(order) == "cancelled: &lt;b&gt;Changed&lt;/b&gt; my mind"


def test_an_order_of_which_a_message_failed_is_stuck(words, place, dead_letter):
    order, settled = place(MUG=1), place(MUG=1)
    dead_letter(key=str(order.pk))

    assert "stuck" in words(order)
    assert "stuck" not in words(settled)
