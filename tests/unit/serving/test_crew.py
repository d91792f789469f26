"""Threads that serve others while a request waits."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from serving.crew import Crew, blocking, wait
from tests.waiting import wait_until

LONG = 1000.0  # seconds on the clock below, which stands


class Requests:
    """What the threads take, and what they did."""

    def __init__(self, threads: int) -> None:
        self.now = 0.0
        self.done: list[object] = []
        self._steps: deque[Callable[[], None]] = deque()
        self._taking = threading.Lock()
        self.crew = Crew(
            "test", threads=threads, take=self._take, waiting=lambda: len(self._steps), clock=lambda: self.now
        )

    def come(self, *steps: Callable[[], object]) -> None:
        for step in steps:
            self._steps.append(lambda step=step: self.done.append(step()))
            self.crew.call()

    @property
    def left(self) -> int:
        return len(self._steps)

    def _take(self) -> Callable[[], None] | None:
        with self._taking:
            return self._steps.popleft() if self._steps else None


@contextmanager
def served(threads: int = 1) -> Iterator[Requests]:
    requests = Requests(threads)
    requests.crew.start()
    yield requests
    requests.crew.stop(timeout=20)


def outcome(future: "Future[str]") -> str:
    try:
        return wait(future, LONG)
    except FutureTimeout:
        return "too late"
    except ValueError as error:
        return str(error)


def test_outside_of_a_crew_waiting_is_plain_waiting():
    future: Future[str] = Future()
    with pytest.raises(FutureTimeout):
        wait(future, 0.01)
    future.set_result("done")
    with blocking():
        assert wait(future, 0) == "done"


def test_one_thread_serves_others_while_a_request_waits():
    futures: list[Future[str]] = [Future() for _ in range(3)]
    with served() as requests:
        requests.come(*(lambda future=future: outcome(future) for future in futures), lambda: "no wait")
        wait_until(lambda: requests.done == ["no wait"])
        futures[2].set_result("third")
        futures[0].set_exception(ValueError("first"))
        wait_until(lambda: requests.done == ["no wait", "third", "first"])
        futures[1].set_result("second")

    assert requests.done == ["no wait", "third", "first", "second"]


def test_what_is_done_already_is_not_waited_for():
    future: Future[str] = Future()
    future.set_result("done")
    with served() as requests:
        requests.come(lambda: outcome(future))
        wait_until(lambda: requests.done == ["done"])


def test_a_wait_that_lasts_too_long_is_ended_by_a_tick():
    slow: Future[str] = Future()
    with served() as requests:
        requests.come(lambda: outcome(slow), lambda: "next")
        wait_until(lambda: requests.done == ["next"])
        requests.now = LONG - 1
        requests.crew.tick()
        requests.now = LONG
        requests.crew.tick()
        wait_until(lambda: requests.done == ["next", "too late"])
        slow.set_result("nobody waits any more")

        requests.come(lambda: "goes on")
        wait_until(lambda: requests.done == ["next", "too late", "goes on"])


def test_each_request_has_context_variables_of_its_own():
    name: ContextVar[str] = ContextVar("name", default="none")
    future: Future[str] = Future()

    def first() -> str:
        name.set("first")
        wait(future, LONG)
        return name.get()

    def second() -> str:
        before = name.get()
        name.set("second")
        return before

    with served() as requests:
        requests.come(first, second)
        wait_until(lambda: requests.done == ["none"])
        future.set_result("")
        wait_until(lambda: requests.done == ["none", "first"])


def test_a_thread_at_work_is_left_alone_and_the_warmest_serves():
    go = threading.Event()

    def work() -> str:
        go.wait(20)
        return threading.current_thread().name

    with served(threads=4) as requests:
        requests.come(work)
        wait_until(lambda: not requests.left and len(requests.crew.idle) == 3)
        requests.come(work, work)
        assert len(requests.crew.idle) == 3  # nobody else was called
        assert requests.left == 2
        go.set()
        wait_until(lambda: len(requests.done) == 3)
        requests.come(work)
        wait_until(lambda: len(requests.done) == 4)

    assert len(set(requests.done)) == 1


def test_during_what_blocks_another_thread_serves():
    go = threading.Event()

    def query() -> str:
        with blocking():
            go.wait(20)
        return "query"

    with served(threads=3) as requests:
        requests.come(query, query, lambda: "served meanwhile")
        wait_until(lambda: requests.done == ["served meanwhile"])
        go.set()
    assert requests.done == ["served meanwhile", "query", "query"]


def test_when_nothing_was_taken_since_the_last_tick_another_thread_comes():
    go = threading.Event()
    with served(threads=2) as requests:
        requests.come(lambda: go.wait(20), lambda: "served meanwhile")
        wait_until(lambda: requests.left == 1)
        requests.crew.tick()  # this one has seen something taken
        requests.crew.tick()
        wait_until(lambda: requests.done == ["served meanwhile"])
        go.set()


def test_stopping_waits_for_who_waits():
    future: Future[str] = Future()
    with served(threads=2) as requests, ThreadPoolExecutor() as pool:
        requests.come(lambda: outcome(future))
        wait_until(lambda: not requests.left)
        stopped = pool.submit(requests.crew.stop, timeout=20)
        assert not stopped.done()
        future.set_result("done")
        stopped.result(20)

    assert requests.done == ["done"]


def test_many_of_all_kinds_are_each_served_once():
    numbers = range(3000)
    asked: deque[tuple[Future[str], str]] = deque()
    all_asked = threading.Event()

    def answer() -> None:
        while asked or not all_asked.is_set():
            if asked:
                future, text = asked.popleft()
                future.set_result(text)

    def request(number: int) -> str:
        if number % 3 == 0:
            with blocking():
                time.sleep(0.0001)
        if number % 2 == 0:
            return str(number)
        future: Future[str] = Future()
        asked.append((future, str(number)))
        return wait(future, LONG)

    with ThreadPoolExecutor(1) as pool, served(threads=4) as requests:
        answering = pool.submit(answer)
        requests.come(*(lambda number=number: request(number) for number in numbers))
        wait_until(lambda: len(requests.done) == len(numbers))
        all_asked.set()
        answering.result(20)

    assert sorted(requests.done, key=str) == sorted(map(str, numbers))
