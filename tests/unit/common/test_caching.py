"""A cache that one thread reloads while others use its values."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from common.caching import LoadTimeout, RefreshingCache
from tests.clock import Clock
from tests.waiting import wait_until

TTL = timedelta(seconds=10)


class Shelf:
    """The source of a cache, which notes the keys of each load."""

    def __init__(self, **values: int) -> None:
        self.values = dict(values)
        self.asked: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None

    def load(self, keys):
        gate = self.gate  # before anybody sees that it was asked, and puts another one in its place
        self.asked.append(sorted(keys))
        found = {key: self.values[key] for key in keys if key in self.values}
        assert gate.wait(10)
        if self.error:
            raise self.error
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(a=1, b=2)


@pytest.fixture
def cache(shelf, clock) -> RefreshingCache[str, int]:
    return RefreshingCache(shelf.load, TTL, max_size=3, clock=clock)


@pytest.fixture
def threads():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def test_what_is_missing_is_loaded_in_one_call_and_then_kept(cache, shelf):
    assert cache.get_many(["a", "b"]) == {"a": 1, "b": 2}
    assert cache.get_many(["b", "a"]) == {"a": 1, "b": 2}
    assert shelf.asked == [["a", "b"]]


def test_only_what_is_missing_is_loaded(cache, shelf):
    cache.get_many(["a"])
    assert cache.get_many(["a", "b"]) == {"a": 1, "b": 2}
    assert shelf.asked == [["a"], ["b"]]


def test_what_is_not_there_is_absent_and_looked_for_again(cache, shelf):
    assert cache.get_many(["x"]) == {}
    shelf.values["x"] = 9
    assert cache.get_many(["x"]) == {"x": 9}


def test_a_value_is_never_used_longer_than_its_time_to_live(cache, shelf, clock):
    cache.get_many(["a"])
    shelf.values["a"] = 7
    clock.now = 10
    assert cache.get_many(["a"]) == {"a": 7}


def test_a_value_that_is_gone_is_forgotten_with_the_reload(cache, shelf, clock):
    cache.get_many(["a"])
    del shelf.values["a"]
    clock.now = 10
    assert cache.get_many(["a"]) == {}


def test_while_one_thread_reloads_the_others_use_the_value_they_have(cache, shelf, clock, threads):
    cache.get_many(["a"])
    shelf.values["a"] = 7
    clock.now = 6
    shelf.gate.clear()
    reloading = threads.submit(cache.get_many, ["a"])
    wait_until(lambda: len(shelf.asked) == 2)

    assert [cache.get_many(["a"]) for _ in range(5)] == [{"a": 1}] * 5

    shelf.gate.set()
    assert reloading.result() == {"a": 7}
    assert cache.get_many(["a"]) == {"a": 7}
    assert len(shelf.asked) == 2


def test_a_reload_takes_along_what_else_is_due(cache, shelf, clock):
    cache.get_many(["a", "b"])
    shelf.values.update(a=7, b=8)
    clock.now = 6
    assert cache.get_many(["a"]) == {"a": 7}
    assert cache.get_many(["a", "b"]) == {"a": 7, "b": 8}
    assert shelf.asked == [["a", "b"], ["a", "b"]]


def test_what_nobody_asks_for_any_more_is_not_reloaded_for_ever(cache, shelf, clock):
    cache.get_many(["a", "b"])
    while clock.now < 120:
        clock.now += 6
        cache.get_many(["b"])
    assert shelf.asked[-1] == ["b"]
    assert 10 < sum("a" in asked for asked in shelf.asked) < 20


def test_threads_that_miss_the_same_value_wait_for_one_load(cache, shelf, threads):
    shelf.gate.clear()
    answers = [threads.submit(cache.get_many, ["a"]) for _ in range(6)]
    wait_until(lambda: shelf.asked)
    shelf.gate.set()
    assert [answer.result() for answer in answers] == [{"a": 1}] * 6
    assert shelf.asked == [["a"]]


def test_threads_that_wait_for_each_others_keys_both_go_on(cache, shelf, threads):
    shelf.gate.clear()
    first = threads.submit(cache.get_many, ["a"])
    wait_until(lambda: len(shelf.asked) == 1)
    second = threads.submit(cache.get_many, ["b", "a"])
    wait_until(lambda: len(shelf.asked) == 2)
    third = threads.submit(cache.get_many, ["a", "b"])
    shelf.gate.set()
    assert first.result() == {"a": 1}
    assert second.result() == third.result() == {"a": 1, "b": 2}


def test_an_error_of_the_load_reaches_all_who_need_it_and_the_next_one_tries_again(cache, shelf, threads):
    shelf.gate.clear()
    shelf.error = OSError("away")
    answers = [threads.submit(cache.get_many, ["a"]) for _ in range(3)]
    wait_until(lambda: shelf.asked)
    shelf.gate.set()
    for answer in answers:
        with pytest.raises(OSError, match="away"):
            answer.result()
    shelf.error = None
    assert cache.get_many(["a"]) == {"a": 1}


def test_what_was_forgotten_is_loaded_anew(cache, shelf):
    cache.get_many(["a", "b"])
    shelf.values.update(a=7, b=8)
    cache.forget("a", "never seen")
    assert cache.get_many(["a", "b"]) == {"a": 7, "b": 2}


def test_a_load_that_began_before_a_change_does_not_bring_the_old_value_back(cache, shelf, threads):
    shelf.gate.clear()
    slow = threads.submit(cache.get_many, ["a"])
    wait_until(lambda: shelf.asked)  # it has read 1
    shelf.values["a"] = 7
    cache.forget("a")
    asked_after = threads.submit(cache.get_many, ["a"])
    wait_until(lambda: len(shelf.asked) == 2)
    shelf.gate.set()
    assert slow.result() == {"a": 1}
    assert asked_after.result() == {"a": 7}
    assert cache.get_many(["a"]) == {"a": 7}


def test_of_more_values_than_there_is_room_for_the_oldest_go(cache, shelf):
    shelf.values.update(c=3, d=4)
    for key in "abcd":
        cache.get_many([key])
    shelf.asked.clear()
    assert cache.get_many(["b", "c", "d"]) == {"b": 2, "c": 3, "d": 4}
    assert shelf.asked == []
    cache.get_many(["a"])
    assert shelf.asked == [["a"]]


def test_more_keys_at_once_than_there_is_room_for_are_all_answered(cache, shelf):
    shelf.values.update({str(number): number for number in range(10)})
    assert len(cache.get_many(map(str, range(10)))) == 10


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_does_not_wait_for_threads_that_only_its_parent_has(cache, shelf, threads):
    shelf.gate.clear()
    loading = threads.submit(cache.get_many, ["a"])
    wait_until(lambda: shelf.asked)
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        shelf.gate = threading.Event()
        shelf.gate.set()
        os._exit(0 if cache.get_many(["a"]) == {"a": 1} else 1)
    _, status = os.waitpid(child, 0)
    shelf.gate.set()
    loading.result()
    assert status == 0


def begin_a_load_that_hangs(cache, shelf, threads):
    """Start a load that hangs; returns its future and the gate that it waits for."""
    shelf.gate.clear()
    stuck = threads.submit(cache.get_many, ["a"])
    wait_until(lambda: len(shelf.asked) == 1)
    first_gate, shelf.gate = shelf.gate, threading.Event()
    shelf.gate.set()
    return stuck, first_gate


def test_a_load_that_does_not_end_is_given_up_and_another_thread_loads(shelf, clock, threads):
    cache = RefreshingCache(shelf.load, TTL, max_size=3, clock=clock, wait=0.2)
    stuck, first_gate = begin_a_load_that_hangs(cache, shelf, threads)

    waiting = [threads.submit(cache.get_many, ["a"]) for _ in range(5)]

    assert [answer.result(timeout=5) for answer in waiting] == [{"a": 1}] * 5
    assert not stuck.done()
    first_gate.set()


def test_what_a_load_brings_that_was_given_up_is_not_remembered(shelf, clock, threads):
    cache = RefreshingCache(shelf.load, TTL, max_size=3, clock=clock, wait=0.2)
    stuck, first_gate = begin_a_load_that_hangs(cache, shelf, threads)
    shelf.values["a"] = 7
    assert threads.submit(cache.get_many, ["a"]).result(timeout=5) == {"a": 7}

    first_gate.set()

    stuck.result(timeout=5)
    assert cache.get_many(["a"]) == {"a": 7}


def test_whoever_has_waited_for_two_loads_gets_an_error(shelf, clock, threads):
    """Of two who wait for a load that never ends, one begins another: the second waits for that, and then no more."""
    cache = RefreshingCache(shelf.load, TTL, max_size=3, clock=clock, wait=0.2)
    shelf.gate.clear()
    threads.submit(cache.get_many, ["a"])
    wait_until(lambda: len(shelf.asked) == 1)
    waiting = [threads.submit(cache.get_many, ["a"]) for _ in range(2)]

    wait_until(lambda: sum(answer.done() for answer in waiting) == 1)

    (error,) = [answer.exception() for answer in waiting if answer.done()]
    assert isinstance(error, LoadTimeout)
    shelf.gate.set()


def test_a_load_that_ends_with_a_time_out_of_its_own_is_an_error_like_any_other(cache, shelf):
    shelf.error = TimeoutError("of the load")
    with pytest.raises(TimeoutError, match="of the load"):
        cache.get_many(["a"])
    assert len(shelf.asked) == 1
