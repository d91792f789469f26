"""The contract of shared buckets, for the database and the tests' in-memory twin."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.db.models import F

from api.models import RateLimitBucket
from api.rate_limits.limiter import Settle
from api.rate_limits.shared import settle
from tests.concurrency import at_once
from tests.shared_buckets import MemoryBuckets


class Shared(NamedTuple):
    settle: Settle
    let_pass: Callable[[float], None]  # seconds


@pytest.fixture
def database(db) -> Shared:
    def let_pass(seconds: float) -> None:
        RateLimitBucket.objects.update(full_at=F("full_at") - timedelta(seconds=seconds))

    return Shared(settle, let_pass)


@pytest.fixture
def memory() -> Shared:
    now = [0.0]

    def let_pass(seconds: float) -> None:
        now[0] += seconds

    return Shared(MemoryBuckets(lambda: now[0]).settle, let_pass)


@pytest.fixture(params=["database", "memory"])
def shared(request) -> Shared:
    return request.getfixturevalue(request.param)


def near(seconds: float):
    """An approximate value, because PostgreSQL's clock goes on during the test."""
    return pytest.approx(seconds, abs=0.4)


def test_what_is_used_is_booked_as_from_the_beginning_of_its_time(shared):
    assert shared.settle({1: 5.0}, 1.0) == {1: near(4)}


def test_what_several_use_adds_up(shared):
    shared.settle({1: 5.0}, 1.0)

    assert shared.settle({1: 5.0}, 1.0) == {1: near(9)}


def test_time_fills_a_bucket_up_to_the_time_in_which_something_was_used(shared):
    shared.settle({1: 5.0}, 1.0)
    shared.let_pass(60)

    assert shared.settle({1: 3.0}, 1.0) == {1: near(2)}


def test_clients_are_settled_together_and_apart(shared):
    shared.settle({1: 5.0}, 1.0)

    assert shared.settle({2: 2.0, 1: 1.0}, 1.0) == {1: near(5), 2: near(1)}


@pytest.mark.django_db(transaction=True)
def test_processes_that_settle_the_same_clients_at_once_lose_nothing_and_wait_for_no_deadlock():
    clients = list(range(100))
    orders = [clients, clients[::-1]] * 4

    at_once([lambda order=order: settle(dict.fromkeys(order, 1.0), 0.0) for order in orders])

    assert settle(dict.fromkeys(clients, 0.0), 0.0) == dict.fromkeys(clients, pytest.approx(8, abs=3))
