import pytest

from benchmarks.samples import Results
from benchmarks.targets import Target


@pytest.mark.parametrize(("value", "verdict"), [(0.5, "MISSED"), (0.6, "met"), (0.99, "met"), (1.0, "goal reached")])
def test_what_is_wanted_comes_before_the_goal(value, verdict):
    assert Target("live", lambda _: value, 0.6, "×", goal=1).verdict(value) == verdict


@pytest.mark.parametrize(("value", "verdict"), [(6.1, "MISSED"), (6.0, "met"), (5.0, "goal reached")])
def test_less_is_better_of_what_takes_time(value, verdict):
    assert Target("hops", lambda _: value, 6, "hops", goal=5, at_most=True).verdict(value) == verdict


def test_without_a_goal_what_is_wanted_is_all():
    target = Target("late", lambda results: max(results.late_s, default=None), 0.2, "s", at_most=True)

    assert target.verdict(0.0) == "met"
    assert target.measured(Results()) is None
