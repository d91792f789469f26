"""Rate limiters: one process alone, and several that synchronise."""

import math
from functools import partial

import pytest
from django.db import OperationalError
from django.http import HttpRequest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from api.rate_limits import requests
from api.rate_limits.buckets import Buckets
from api.rate_limits.limiter import SETTLE_INTERVAL, RateLimiter
from api.rate_limits.quota import Quota, Standing, headers_of
from common.nonblocking import WouldBlock
from tests.clock import Clock
from tests.event_loop import in_event_loop
from tests.shared_buckets import MemoryBuckets

CLIENT = 7
TEN_A_SECOND = Quota(10, 1)


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


@pytest.fixture
def buckets(clock) -> Buckets[int]:
    return Buckets(TEN_A_SECOND, max_size=100, clock=clock)


def accepted(limiter, times: int, client: int = CLIENT) -> int:
    return sum(not limiter.take(client) for _ in range(times))


# --- a bucket --------------------------------------------------------------------------------------------------------
def test_the_whole_quota_may_come_at_once_and_then_comes_back_evenly(buckets, clock):
    assert accepted(buckets, 50) == 10
    clock.now += 0.25
    assert accepted(buckets, 50) == 2
    clock.now += 60
    assert accepted(buckets, 50) == 10


def test_who_is_rejected_is_told_when_there_is_a_unit_and_loses_nothing_by_asking(buckets, clock):
    accepted(buckets, 10)
    waits = [buckets.take(CLIENT) for _ in range(100)]

    assert waits == [pytest.approx(0.1)] * 100
    clock.now += waits[0]
    assert not buckets.take(CLIENT)


def test_a_bucket_may_be_in_debt_and_pays_it_back(buckets, clock):
    buckets.charge(CLIENT, 30)

    assert buckets.take(CLIENT) == pytest.approx(2.1)
    clock.now += 2.05
    assert accepted(buckets, 1) == 0
    clock.now += 0.05
    assert accepted(buckets, 5) == 1


def test_clients_have_buckets_of_their_own(buckets):
    accepted(buckets, 10, client=1)

    assert accepted(buckets, 50, client=2) == 10


def test_the_memory_for_buckets_is_bounded_and_those_in_use_are_kept(clock):
    buckets: Buckets[int] = Buckets(TEN_A_SECOND, max_size=100, clock=clock)
    accepted(buckets, 10)
    for other in range(10_000, 20_000):
        buckets.take(other)
        buckets.charge(CLIENT, 0)

    assert len(buckets) <= 100
    assert buckets.take(CLIENT)


# --- headers ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("standing", "limit"),
    [
        (Standing(remaining=99, full_in=0.6, wait=0.0), '"client";r=99;t=1'),
        (Standing(remaining=0, full_in=60.0, wait=0.4), '"client";r=0;t=1'),
        (Standing(remaining=0, full_in=75.0, wait=15.2), '"client";r=0;t=16'),
        (Standing(remaining=40, full_in=36.0, wait=0.0), '"client";r=40;t=36'),
    ],
)
def test_headers_are_those_of_the_draft(standing, limit):
    assert headers_of(Quota(100, 60), standing) == {"RateLimit-Policy": '"client";q=100;w=60', "RateLimit": limit}


# --- several processes -----------------------------------------------------------------------------------------------
@pytest.fixture
def processes(clock) -> list[RateLimiter]:
    """Three limiters that synchronise at different times."""
    shared = MemoryBuckets(clock)
    started = []
    for _ in range(3):
        clock.now += 0.3
        started.append(RateLimiter(TEN_A_SECOND, shared.settle, clock=clock))
    return started


def greedy(processes, clock, *, seconds: int, steps: int = 50) -> int:
    """The number of accepted requests of a client that sends to all processes all the time."""
    total = 0
    for _ in range(seconds * steps):
        total += sum(accepted(process, 5) for process in processes)
        clock.now += 1 / steps
    return total


def test_a_client_that_asks_all_processes_gets_once_what_they_did_not_know_of_each_other(processes, clock):
    total = greedy(processes, clock, seconds=60)

    assert 60 * 10 <= total <= 60 * 10 + 10 * len(processes) + 10 * SETTLE_INTERVAL * len(processes)


def test_in_the_long_run_a_client_gets_no_more_than_its_quota(processes, clock):
    greedy(processes, clock, seconds=10)

    assert greedy(processes, clock, seconds=60) <= 60 * 10 * 1.05


def test_a_client_that_asks_one_process_only_has_its_whole_quota(processes, clock):
    accepted_by_one = greedy(processes[:1], clock, seconds=60)

    assert accepted_by_one >= 60 * 10


REQUESTS = st.lists(st.tuples(st.sampled_from([0.0, 0.01, 0.09, 0.3, 0.7, 1.3]), st.integers(0, 2)), max_size=200)


@given(REQUESTS)
def test_what_one_bucket_for_all_would_accept_the_processes_accept_too(requests):
    clock = Clock(1000.0)
    shared = MemoryBuckets(clock)
    processes = [RateLimiter(TEN_A_SECOND, shared.settle, clock=clock) for _ in range(3)]
    ideal: Buckets[int] = Buckets(TEN_A_SECOND, max_size=1, clock=clock)

    for pause, process in requests:
        clock.now += pause
        if not ideal.take(CLIENT):
            assert not processes[process].take(CLIENT)


def test_what_a_bulk_request_is_worth_counts_in_all_processes(processes, clock):
    processes[0].take(CLIENT)
    processes[0].charge(CLIENT, 99)
    clock.now += SETTLE_INTERVAL
    processes[0].take(CLIENT)
    processes[1].take(CLIENT)
    clock.now += SETTLE_INTERVAL

    assert processes[1].take(CLIENT) > 5


def test_without_the_database_each_process_goes_on_alone_and_settles_later(clock):
    shared = MemoryBuckets(clock)
    away = True

    def settle(used, elapsed):
        if away:
            raise OperationalError("away")
        return shared.settle(used, elapsed)

    limiter = RateLimiter(TEN_A_SECOND, settle, clock=clock)
    with capture_logs() as log:
        assert greedy([limiter], clock, seconds=10) == pytest.approx(110, abs=2)
    assert [line["reason"] for line in log] == ["PostgreSQL does not answer: away"]  # not one each second
    away = False
    clock.now += SETTLE_INTERVAL
    limiter.take(CLIENT)

    assert shared.used[CLIENT] == pytest.approx(11, abs=0.3)


def test_in_the_event_loop_nobody_waits_for_the_database_and_a_thread_settles_instead(clock):
    calls = []
    limiter = RateLimiter(TEN_A_SECOND, lambda used, elapsed: calls.append(used) or {}, clock=clock)
    limiter.take(CLIENT)
    clock.now += SETTLE_INTERVAL

    with pytest.raises(WouldBlock):
        in_event_loop(partial(limiter.take, CLIENT))
    assert not calls

    limiter.take(CLIENT)
    assert calls == [{CLIENT: pytest.approx(0.1)}]


def test_a_request_that_is_served_again_in_a_thread_counts_once(clock, monkeypatch):
    limiter = RateLimiter(TEN_A_SECOND, MemoryBuckets(clock).settle, clock=clock)
    monkeypatch.setattr(requests, "limiter", lambda: limiter)

    def view(request):
        limiter.take(CLIENT)
        request.limited_client = CLIENT
        raise WouldBlock

    with pytest.raises(WouldBlock):
        requests.RateLimitHeaders(view)(HttpRequest())

    assert limiter.standing(CLIENT).remaining == 10


def test_a_request_that_would_block_before_it_is_counted_gives_nothing_back(clock, monkeypatch):
    settled = []
    limiter = RateLimiter(TEN_A_SECOND, lambda used, _elapsed: settled.append(used) or {}, clock=clock)
    monkeypatch.setattr(requests, "limiter", lambda: limiter)

    def view(request):
        raise WouldBlock

    with pytest.raises(WouldBlock):
        requests.RateLimitHeaders(view)(HttpRequest())

    clock.now += SETTLE_INTERVAL
    limiter.take(CLIENT)
    assert not settled


def test_what_is_given_back_while_processes_settle_is_given_back_to_all(clock):
    shared = MemoryBuckets(clock)

    def settle(used, elapsed):
        limiter.charge(CLIENT, -5)
        return shared.settle(used, elapsed)

    limiter = RateLimiter(TEN_A_SECOND, settle, clock=clock)
    limiter.charge(CLIENT, 10)
    for _ in range(2):
        clock.now += SETTLE_INTERVAL
        limiter.take(CLIENT)

    assert shared.used[CLIENT] == pytest.approx(0.6)


def test_settling_takes_one_request_a_second(clock):
    calls = []
    limiter = RateLimiter(TEN_A_SECOND, lambda used, elapsed: calls.append(elapsed) or {}, clock=clock)

    greedy([limiter], clock, seconds=10, steps=100)

    assert 8 <= len(calls) <= 10
    assert all(math.isclose(elapsed, SETTLE_INTERVAL, abs_tol=0.05) for elapsed in calls)
