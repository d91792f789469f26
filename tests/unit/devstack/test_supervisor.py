import signal
from pathlib import Path

import pytest

from devstack.console import silent
from devstack.errors import DevstackError
from devstack.processes.restart import RestartPolicy
from devstack.processes.supervisor import Supervisor, ending
from tests.clock import Clock
from tests.unit.devstack.programs import said
from tests.waiting import wait_until

POLICY = RestartPolicy(first_delay=1, longest_delay=8, healthy_after=20, most_failures=3)


class Unit:
    """A unit that crashes when told to."""

    def __init__(self, tmp_path: Path) -> None:
        self.name, self.log = "relay", tmp_path / "relay.log"
        self.exit_status: int | None = None
        self.starts = 0

    @property
    def is_running(self) -> bool:
        return self.exit_status is None

    def start(self) -> None:
        self.starts += 1
        self.exit_status = None

    def kill(self) -> None:
        """Its orphans would end here."""


@pytest.fixture
def unit(tmp_path):
    return Unit(tmp_path)


@pytest.fixture
def clock():
    return Clock(100.0)


@pytest.fixture
def spoken():
    return []


@pytest.fixture
def supervisor(unit, clock, spoken):
    supervisor = Supervisor(spoken.append, POLICY, clock)
    supervisor.watch([unit])
    return supervisor


def crash(unit, supervisor, status=1):
    unit.exit_status = status
    supervisor.check()


def pass_time(clock, supervisor, seconds):
    clock.now += seconds
    supervisor.check()


def test_a_unit_that_runs_is_left_alone(unit, supervisor, spoken):
    supervisor.check()

    assert (unit.starts, spoken) == (0, [])


def test_a_crash_is_said_in_one_line_that_names_the_log(unit, supervisor, spoken):
    crash(unit, supervisor, status=-signal.SIGKILL)

    assert spoken == [f"relay was killed by SIGKILL; starting it again in 1 s (log: {unit.log})"]


def test_a_crashed_unit_starts_again_after_the_delay_and_not_before(unit, supervisor, clock):
    crash(unit, supervisor)
    pass_time(clock, supervisor, 0.9)
    assert unit.starts == 0

    pass_time(clock, supervisor, 0.1)
    assert unit.starts == 1


def test_the_next_crash_waits_longer(unit, supervisor, clock):
    crash(unit, supervisor)
    pass_time(clock, supervisor, 1)
    crash(unit, supervisor)
    pass_time(clock, supervisor, 1.9)
    assert unit.starts == 1

    pass_time(clock, supervisor, 0.1)
    assert unit.starts == 2


def test_failing_at_once_again_and_again_is_an_error_that_shows_the_end_of_the_log(unit, supervisor, clock):
    unit.log.write_text("no such table: outbox\n")
    for delay in (1, 2):
        crash(unit, supervisor)
        pass_time(clock, supervisor, delay)

    with pytest.raises(DevstackError, match=r"(?s)relay failed 3 times.*relay\.log.*no such table"):
        crash(unit, supervisor)


def test_crashes_far_apart_never_add_up(unit, supervisor, clock):
    for _ in range(10):
        crash(unit, supervisor)
        pass_time(clock, supervisor, 1)
        pass_time(clock, supervisor, 20)

    assert unit.starts == 10


@pytest.mark.parametrize(
    ("status", "words"), [(0, "ended with status 0"), (2, "ended with status 2"), (-15, "was killed by SIGTERM")]
)
def test_how_a_process_ended_is_told_in_words(status, words):
    assert ending(status) == words


def test_a_real_process_that_is_killed_comes_back(make_process):
    process = make_process()
    process.start()
    supervisor = Supervisor(silent, RestartPolicy(first_delay=0.01))
    supervisor.watch([process])
    wait_until(lambda: said(process, "ready"))
    first = process.pid

    process.kill()

    def is_back():
        supervisor.check()
        return process.is_running and process.pid != first

    wait_until(is_back)
