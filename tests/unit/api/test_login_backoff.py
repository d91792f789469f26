"""The backoff of log-ins after failures, and the counters of an attempt."""

from datetime import timedelta

import pytest

from api.logins.attempt import Attempt
from api.logins.backoff import FIRST_WAIT, FORGOTTEN_AFTER, LONGEST_WAIT, wait_left

NOW = timedelta(0)


def waits(failures: int, age: timedelta = NOW) -> timedelta:
    return wait_left(failures=failures, allowed=5, age=age)


def test_a_few_failures_cost_no_wait():
    assert [waits(failures) for failures in range(5)] == [NOW] * 5


def test_each_further_failure_doubles_the_wait_up_to_the_longest():
    assert [waits(failures) // FIRST_WAIT for failures in range(5, 10)] == [1, 2, 4, 8, 16]
    assert waits(20) == waits(1_000_000) == LONGEST_WAIT


@pytest.mark.parametrize("failures", [5, 9, 1000])
def test_every_wait_ends(failures):
    whole = waits(failures)

    assert waits(failures, whole / 2) == whole / 2
    assert waits(failures, whole) == NOW
    assert waits(failures, FORGOTTEN_AFTER * 100) == NOW


def counters(*attempts: Attempt) -> list[set[str]]:
    return [set(attempt.allowances) for attempt in attempts]


def test_a_stranger_is_counted_by_address_by_account_and_by_both():
    one, other_account, other_address = counters(
        Attempt("anna", "192.0.2.1"), Attempt("bert", "192.0.2.1"), Attempt("anna", "192.0.2.2")
    )

    assert len(one) == 3
    assert len(one & other_account) == len(one & other_address) == 1
    assert not other_account & other_address


def test_a_known_browser_shares_no_counter_with_anybody():
    known, stranger, other = counters(
        Attempt("anna", "192.0.2.1", browser="b1"),
        Attempt("anna", "192.0.2.1"),
        Attempt("anna", "192.0.2.1", browser="b2"),
    )

    assert len(known) == 1
    assert not known & (stranger | other)


def test_all_ipv6_addresses_of_one_owner_are_one():
    first, second = counters(Attempt("anna", "2001:db8::1"), Attempt("anna", "2001:db8::2"))

    assert first == second


def test_counters_tell_nobody_who_it_was():
    assert not any("anna" in key or "192.0.2.1" in key for key in Attempt("anna", "192.0.2.1").allowances)
