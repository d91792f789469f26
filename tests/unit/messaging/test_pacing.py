"""Loops pause in proportion to their work, and only under continuous load."""

import pytest

from messaging.pacing import ALLOWANCE, LONGEST_REST, SHARE, Pace, debt_after, rest_for


class Time:
    """A clock, and the CPU that a thread has taken."""

    def __init__(self) -> None:
        self.now = self.cpu = 0.0

    def work(self, seconds: float) -> None:
        self.now += seconds
        self.cpu += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def work(time):
    """A function that does a piece of work; returns the pause after it."""
    pace = Pace(lambda: time.now, lambda: time.cpu)

    def work(seconds: float) -> float:
        pace.begin()
        time.work(seconds)
        return pace.end()

    return work


def test_who_has_not_worked_lately_does_not_rest(work, time):
    for _ in range(20):
        time.now += 1.0
        assert work(0.01) == 0.0


def test_a_loop_that_goes_on_takes_its_share(work, time):
    began, rounds = time.now, 200
    for _ in range(rounds):
        rest = work(0.005)
        time.now += rest

    assert rounds * 0.005 / (time.now - began) == pytest.approx(SHARE, rel=0.1)


def test_no_rest_is_longer_than_the_longest(work):
    assert work(100.0) == pytest.approx(LONGEST_REST)


def test_long_work_is_forgotten_after_the_longest_rest(work, time):
    rest = work(100.0)
    time.now += rest

    assert work(0.0) == pytest.approx(0.0, abs=1e-6)


def test_waiting_is_no_work(work, time):
    for _ in range(20):
        time.now += 0.2
        assert work(0.0) == 0.0


@pytest.mark.parametrize(("debt", "rest"), [(0.0, 0.0), (ALLOWANCE, 0.0), (ALLOWANCE + 0.001, 0.001 / SHARE)])
def test_only_what_exceeds_the_allowance_is_rested_for(debt, rest):
    assert rest_for(debt) == pytest.approx(rest)


def test_time_pays_debts_off_and_gives_no_credit():
    assert debt_after(0.01, worked=0.0, passed=1000.0) == 0.0
