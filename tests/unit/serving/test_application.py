import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from serving.application import Application
from serving.bodies import SMALL, Bodies
from serving.lane import Lane
from serving.metrics import REFUSED
from tests.unit.serving.fakes import FakeExchange, FakeHeaders, FakeScope

LARGE = SMALL + 1


class Shop:
    """A WSGI application that can be made to wait, behind a lane of one thread and one place to wait."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.inside = self.closed = 0
        self.seen: list[bytes] = []
        self.ended: list[int] = []
        self.application = Application(
            self,
            lane=Lane("requests", threads=1, at_once=1, waiting=1, patience=0.1, busy_patience=0.1),
            probes=Lane("probes", threads=1, at_once=1, waiting=1, patience=60, busy_patience=60),
            bodies=Bodies(largest=LARGE, together=LARGE, seconds=0.1),
            at_end=[lambda: self.ended.append(len(self.seen))],
        )

    def __call__(self, environ, start_response):
        self.inside += 1
        if environ["PATH_INFO"] == "/orders":
            self.open.wait(30)
        if environ["PATH_INFO"] == "/fault":
            raise ValueError("a fault of ours")
        self.seen.append(environ["wsgi.input"].read())
        start_response("201 Created", [("X-A", "1")])
        return Chunks(self)

    def run(self, scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """In an event loop, with the application started as Granian starts it."""

        async def served() -> None:
            loop = asyncio.get_running_loop()
            self.application.__rsgi_init__(loop)
            try:
                await scenario()
            finally:
                self.open.set()
                self.application.__rsgi_del__(loop)

        asyncio.run(served())

    async def ask(self, scope: FakeScope, exchange: FakeExchange) -> None:
        await self.application.__rsgi__(scope, exchange)

    def ask_one(self, scope: FakeScope, exchange: FakeExchange) -> None:
        self.run(lambda: self.ask(scope, exchange))


class Chunks:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"a", b"b"])

    def close(self) -> None:
        self._shop.closed += 1


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def until(condition: Callable[[], bool]) -> None:
    """Let others go on until it is so; the test runner's time limit is the deadline."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


def test_a_request_is_answered_by_the_wsgi_application(shop):
    exchange = FakeExchange(b"{}")
    shop.ask_one(FakeScope.with_body(2), exchange)

    assert exchange.answers == [(201, {"X-A": "1"}, b"ab")]
    assert shop.seen == [b"{}"]
    assert shop.closed == 1  # Django heard that the request is over


def test_the_end_comes_after_the_last_request(shop):
    shop.ask_one(FakeScope(), FakeExchange())

    assert shop.ended == [1]


def test_who_finds_no_place_is_refused_at_once_and_who_waits_too_long_soon(shop):
    first, second, third = FakeExchange(), FakeExchange(), FakeExchange()

    async def flood() -> None:
        shop.open.clear()
        being_served = asyncio.create_task(shop.ask(FakeScope(), first))
        await until(lambda: shop.inside == 1)
        waiting = asyncio.create_task(shop.ask(FakeScope(), second))
        await until(lambda: shop.application._lanes[0].is_full)
        await shop.ask(FakeScope(), third)
        assert (second.statuses, third.statuses) == ([], [503])
        await waiting
        assert (first.statuses, second.statuses) == ([], [503])
        shop.open.set()
        await being_served

    shop.run(flood)

    assert first.statuses == [201]
    assert len(shop.seen) == 1


def test_a_refusal_is_a_problem_that_says_when_to_come_back(shop):
    shop.application._lanes[0]._waiting = 0
    exchange = FakeExchange()
    shop.ask_one(FakeScope(headers=FakeHeaders([("x-request-id", "mine")])), exchange)

    ((status, headers, body),) = exchange.answers
    assert (status, headers["Retry-After"], headers["X-Request-ID"]) == (503, "1", "mine")
    assert headers["Content-Type"] == "application/problem+json"
    problem = json.loads(body)
    assert (problem["type"], problem["request_id"]) == ("urn:orderflow:problem:overloaded", "mine")


def test_refusals_are_counted(shop):
    shop.application._lanes[0]._waiting = 0
    overloaded = REFUSED.labels("Overloaded")._value
    before = overloaded.get()

    async def refuse_three() -> None:
        for _ in range(3):
            await shop.ask(FakeScope(), FakeExchange())
        await until(lambda: overloaded.get() == before + 3)

    shop.run(refuse_three)


def test_a_probe_is_answered_although_nobody_else_is(shop):
    probe, stuck = FakeExchange(), FakeExchange()

    async def look() -> None:
        shop.open.clear()
        waiting = asyncio.create_task(shop.ask(FakeScope(), stuck))
        await until(lambda: shop.inside == 1)
        await shop.ask(FakeScope(path="/health/live"), probe)
        assert stuck.answers == []
        shop.open.set()
        await waiting

    shop.run(look)

    assert probe.statuses == [201]


def test_a_slow_body_takes_no_thread_and_is_given_up(shop):
    slow, quick = FakeExchange(b"{", silent=True), FakeExchange(b"{}")

    async def both() -> None:
        sending = asyncio.create_task(shop.ask(FakeScope.with_body(2), slow))
        await asyncio.sleep(0)
        await until(lambda: not shop.application._lanes[0].is_full)
        await shop.ask(FakeScope.with_body(2), quick)
        await sending

    shop.run(both)

    assert (slow.statuses, quick.statuses) == ([408], [201])
    assert slow.answers[0][1]["Connection"] == "close"
    assert shop.seen == [b"{}"]


def test_of_many_at_once_no_more_bodies_are_read_than_there_is_room_for(shop):
    several = [FakeExchange(b"{}") for _ in range(5)]

    async def at_once() -> None:
        async with asyncio.TaskGroup() as tasks:
            for exchange in several:
                tasks.create_task(shop.ask(FakeScope.with_body(2), exchange))

    shop.run(at_once)

    assert [exchange.statuses for exchange in several] == [[201], *[[503]] * 4]
    assert [exchange.was_read for exchange in several] == [True, *[False] * 4]


def test_a_request_that_is_refused_after_its_body_came_gives_back_the_room_of_the_body(shop):
    exchange, again = FakeExchange(b"x" * LARGE), FakeExchange(b"x" * LARGE)

    async def full_by_then() -> None:
        with_body = asyncio.create_task(shop.ask(FakeScope.with_body(LARGE), exchange))
        await asyncio.sleep(0)
        shop.application._lanes[0]._waiting = 0
        await with_body
        shop.application._lanes[0]._waiting = 1
        await shop.ask(FakeScope.with_body(LARGE), again)

    shop.run(full_by_then)

    assert (exchange.statuses, again.statuses) == ([503], [201])


def test_after_a_fault_granian_is_left_to_answer_and_the_next_request_is_served(shop):
    fault, fine = FakeExchange(), FakeExchange()

    async def one_after_the_other() -> None:
        await shop.ask(FakeScope(path="/fault"), fault)
        await shop.ask(FakeScope(), fine)

    shop.run(one_after_the_other)

    assert (fault.statuses, fine.statuses) == ([], [201])
