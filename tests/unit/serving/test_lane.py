import threading
import weakref
from collections.abc import Iterator
from functools import partial

import pytest

from serving.lane import Lane
from tests.waiting import wait_until

PATIENCE, BUSY = 10.0, 2.0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Blocked:
    """A lane of one thread, which serves nobody before `let_go`."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.lane = Lane(
            "test", threads=1, at_once=1, waiting=2, patience=PATIENCE, busy_patience=BUSY, clock=self.clock
        )
        self.served: list[object] = []
        self.refused: list[object] = []
        self._may_go = threading.Event()

    def enter(self, name: object) -> None:
        self.lane.enter(lambda: self._serve(name), lambda: self.refused.append(name))

    def let_go(self) -> None:
        self._may_go.set()

    def _serve(self, name: object) -> None:
        self._may_go.wait(30)
        if isinstance(name, BaseException):
            raise name
        self.served.append(name)


@pytest.fixture
def blocked() -> Iterator[Blocked]:
    """The first that entered is being served."""
    blocked = Blocked()
    blocked.lane.start()
    blocked.enter("first")
    wait_until(lambda: not blocked.lane._jobs, what="the thread is at work")
    yield blocked
    blocked.let_go()
    blocked.lane.stop(timeout=30)


def test_who_waits_is_served_in_order(blocked):
    blocked.enter("second")
    blocked.enter("third")
    blocked.let_go()

    wait_until(lambda: blocked.served == ["first", "second", "third"])


def test_a_lane_is_full_when_as_many_wait_as_may(blocked):
    blocked.enter("second")
    assert not blocked.lane.is_full
    blocked.enter("third")
    assert blocked.lane.is_full
    blocked.let_go()
    wait_until(lambda: not blocked.lane.is_full)


def test_room_is_kept_for_who_is_about_to_come(blocked):
    blocked.enter("second")
    moment = blocked.lane.expect()
    assert blocked.lane.is_full
    blocked.lane.arrived(moment)
    assert not blocked.lane.is_full


def test_no_room_is_kept_for_who_is_slow_to_come(blocked):
    blocked.enter("second")
    moment = blocked.lane.expect()
    blocked.lane.tick()
    assert not blocked.lane.is_full

    blocked.lane.arrived(moment)
    blocked.enter("third")
    assert blocked.lane.is_full


def test_who_waited_too_long_is_refused_and_not_served_any_more(blocked):
    blocked.enter("second")
    blocked.clock.now = PATIENCE / 2
    blocked.enter("third")
    blocked.clock.now = PATIENCE

    blocked.lane.tick()
    blocked.let_go()

    wait_until(lambda: blocked.served == ["first", "third"])
    assert blocked.refused == ["second"]


def test_in_a_queue_that_stands_nobody_waits_for_long(blocked):
    blocked.enter("finds nobody waiting")
    blocked.clock.now = PATIENCE
    blocked.lane.tick()
    blocked.enter("finds a queue that has stood for as long as anybody waits")

    blocked.clock.now = PATIENCE + BUSY - 0.1
    blocked.lane.tick()
    assert len(blocked.refused) == 1
    blocked.clock.now = PATIENCE + BUSY
    blocked.lane.tick()
    assert len(blocked.refused) == 2


def test_who_comes_when_nobody_waits_any_more_has_time_again(blocked):
    blocked.clock.now = PATIENCE
    blocked.enter("second")
    blocked.clock.now = 2 * PATIENCE - 0.1
    blocked.lane.tick()

    assert blocked.refused == []


def test_who_is_served_is_not_refused_however_long_it_takes(blocked):
    blocked.clock.now = 2 * PATIENCE
    blocked.lane.tick()
    blocked.let_go()

    wait_until(lambda: blocked.served == ["first"])
    assert blocked.refused == []


@pytest.mark.parametrize("fault", [ValueError("a fault of ours"), BaseException("a panic")])
def test_a_thread_outlives_what_goes_wrong_in_it(blocked, fault):
    blocked.enter(fault)
    blocked.enter("third")
    blocked.let_go()

    wait_until(lambda: blocked.served == ["first", "third"])


def test_stopping_serves_who_waits(blocked):
    blocked.enter("second")
    blocked.let_go()
    blocked.lane.stop(timeout=30)

    assert blocked.served == ["first", "second"]


def test_who_was_served_is_let_go(blocked):
    """With its body, which may be large."""

    class Body:
        pass

    body = Body()
    gone = weakref.ref(body)
    blocked.lane.enter(partial(id, body), partial(id, body))
    del body
    blocked.let_go()

    wait_until(lambda: gone() is None, what="nobody holds it")
