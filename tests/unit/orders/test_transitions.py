"""The table of states."""

import pytest

from orders.exceptions import IllegalTransition
from orders.transitions import TRANSITIONS, Status, after_cancelling, allowed, check, since

STEPS = {
    ("placed", "backordered"),
    ("placed", "confirmed"),
    ("placed", "rejected"),
    ("placed", "cancelled"),
    ("backordered", "confirmed"),
    ("backordered", "rejected"),
    ("backordered", "cancelled"),
    ("confirmed", "partly_fulfilled"),
    ("confirmed", "fulfilled"),
    ("confirmed", "cancelled"),
    ("partly_fulfilled", "partly_fulfilled"),
    ("partly_fulfilled", "fulfilled"),
}


@pytest.mark.parametrize("to", list(Status))
@pytest.mark.parametrize("current", list(Status))
def test_an_order_goes_the_steps_of_decision_19_and_no_others(current, to):
    assert allowed(current, to) == ((current, to) in STEPS)


def test_a_step_that_there_is_not_is_refused_by_its_name():
    with pytest.raises(IllegalTransition, match="an order that is cancelled can't become confirmed"):
        check(Status.CANCELLED, Status.CONFIRMED)


def test_every_state_is_in_the_table():
    assert set(TRANSITIONS) == set(Status)


@pytest.mark.parametrize(
    ("status", "later"),
    [
        (Status.PLACED, set(Status)),
        (Status.BACKORDERED, {Status.BACKORDERED}),
        (Status.CONFIRMED, {Status.CONFIRMED, Status.PARTLY_FULFILLED, Status.FULFILLED}),
        (Status.FULFILLED, {Status.FULFILLED}),
        (Status.REJECTED, {Status.REJECTED}),
        (Status.CANCELLED, {Status.CANCELLED}),
    ],
)
def test_a_state_shows_those_that_an_order_must_have_gone_through(status, later):
    assert since(status) == later


@pytest.mark.parametrize("current", list(Status))
def test_cancelling_leads_where_the_table_allows_it_until_an_order_is_at_its_end(current):
    open_orders = {Status.PLACED, Status.BACKORDERED, Status.CONFIRMED, Status.PARTLY_FULFILLED}

    assert allowed(current, after_cancelling(current)) == (current in open_orders)


def test_an_order_of_which_something_was_sent_is_never_cancelled():
    assert after_cancelling(Status.PARTLY_FULFILLED) == Status.FULFILLED
