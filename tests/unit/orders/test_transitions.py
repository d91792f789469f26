"""The table of states."""

import pytest

from orders.exceptions import IllegalTransition
from orders.transitions import TRANSITIONS, Status, allowed, check, since


def test_a_placed_order_is_confirmed_or_rejected():
    assert allowed(Status.PLACED, Status.CONFIRMED)
    assert allowed(Status.PLACED, Status.REJECTED)


@pytest.mark.parametrize("current", [Status.CONFIRMED, Status.REJECTED])
@pytest.mark.parametrize("to", list(Status))
def test_an_answered_order_is_not_answered_again(current, to):
    with pytest.raises(IllegalTransition, match=f"an order that is {current} can't become {to}"):
        check(current, to)


def test_every_state_is_in_the_table():
    assert set(TRANSITIONS) == set(Status)


@pytest.mark.parametrize(
    ("status", "later"),
    [
        (Status.PLACED, set(Status)),
        (Status.CONFIRMED, {Status.CONFIRMED}),
        (Status.REJECTED, {Status.REJECTED}),
    ],
)
def test_an_order_that_has_been_in_a_state_may_be_in_it_or_beyond(status, later):
    assert since(status) == later
