import pytest

from tests.chaos.faults import KINDS, plan


def test_the_same_seed_breaks_the_same_things_at_the_same_time():
    assert plan(7, seconds=600) == plan(7, seconds=600)
    assert plan(7, seconds=600) != plan(8, seconds=600)


def test_a_longer_run_begins_as_a_shorter_one():
    assert plan(7, seconds=600)[:20] == plan(7, seconds=1800)[:20]


def test_half_an_hour_has_over_three_hundred_faults_of_every_kind_on_every_target():
    faults = plan(7, seconds=1800)

    assert len(faults) > 300
    for kind, (targets, _) in KINDS.items():
        assert {fault.target for fault in faults if fault.kind == kind} == set(targets)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_broken_that_is_still_broken(seed):
    busy_until: dict[str, float] = {}
    for fault in plan(seed, seconds=1800):
        assert fault.at >= busy_until.get(fault.resource, 0.0)
        busy_until[fault.resource] = fault.at + fault.lasts


def test_only_the_wanted_kinds_are_planned():
    assert {fault.kind for fault in plan(7, seconds=600, kinds=["kafka-kill", "term"])} == {"kafka-kill", "term"}
