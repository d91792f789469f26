"""Periodic work of consumers during an outage.

tarantool/tarantool#3175, akkadotnet/akka.net#8374, ovn-kubernetes/ovn-kubernetes#3402: a line for each attempt to
connect, which buried all other lines.
"""

import pytest
from structlog.testing import capture_logs

from messaging.consuming import periodic
from messaging.consuming.periodic import Periodic
from messaging.exceptions import TransportUnavailable
from tests.clock import Clock


class Outage:
    """Work that fails while there is a `reason`, and the clock that it is done by."""

    def __init__(self) -> None:
        self.clock, self.reason, self.done = Clock(1000.0), "", 0

    def work(self) -> None:
        if self.reason:
            raise TransportUnavailable(self.reason)
        self.done += 1


@pytest.fixture
def outage(monkeypatch) -> Outage:
    monkeypatch.setattr(periodic, "refresh_connection", lambda: None)
    return Outage()


def lines_of(outage: Outage, work: Periodic, *, seconds: int) -> list[str]:
    with capture_logs() as log:
        for _ in range(seconds):
            work.run_if_due()
            outage.clock.now += 1
    return [line["event"] for line in log]


def each_second(outage: Outage) -> Periodic:
    return Periodic("replays", outage.work, every=1.0, clock=outage.clock)


def test_an_outage_is_said_at_once_and_then_once_a_minute(outage):
    work = each_second(outage)
    outage.reason = "PostgreSQL is away"

    assert lines_of(outage, work, seconds=60) == ["periodic_work_waits"]
    assert lines_of(outage, work, seconds=60) == ["periodic_work_waits"]


def test_the_end_of_an_outage_is_said_and_the_next_one_too(outage):
    work = each_second(outage)
    outage.reason = "PostgreSQL is away"
    lines_of(outage, work, seconds=5)
    outage.reason = ""

    assert lines_of(outage, work, seconds=5) == ["periodic_work_resumed"]
    assert outage.done == 5
    outage.reason = "PostgreSQL is away"
    assert lines_of(outage, work, seconds=5) == ["periodic_work_waits"]


def test_another_reason_is_said_at_once(outage):
    work = each_second(outage)
    outage.reason = "connection refused"
    lines_of(outage, work, seconds=5)
    outage.reason = "the database system is starting up"

    assert lines_of(outage, work, seconds=5) == ["periodic_work_waits"]
