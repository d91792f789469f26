import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any

import pytest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from api.deferred import DeferredResponse
from common.nonblocking import about_to_block
from serving.admission import AdmissionQueue
from serving.application import Application, Route
from serving.connections import ConnectionTable
from serving.django_calls import Caller
from serving.metrics import REJECTED
from serving.request_body import SMALL, BodyReader
from tests.unit.serving.fakes import Client, connection, scope, with_body

LARGE = SMALL + 1
LARGE_RESPONSE = bytes(range(256)) * 1000


class Shop:
    """Stands for Django: it can be held up. One request is served at a time and one may wait, probes apart."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.inside = 0
        self.seen: list[bytes] = []
        self.threads: list[str] = []
        self.outcome: Future[str] = Future()
        self.ended: list[int] = []
        self.closed: list[str] = []
        self.state: dict[str, Any] = {}  # what the application shares with its server
        self.requests = Caller(self.respond, threads=1, name="requests")
        self.probes = Caller(self.respond, threads=1, name="probes")
        self.admission = AdmissionQueue(max_in_flight=1, max_queued=1, timeout=0.1, timeout_when_saturated=0.1)
        probes = AdmissionQueue(max_in_flight=1, max_queued=1, timeout=60, timeout_when_saturated=60)
        routes = {
            "/health/live": Route(probes, self.probes),
            "/in-loop": Route(self.admission, self.requests, in_loop=True),
            "/in-loop-at-first": Route(self.admission, self.requests, in_loop=True),
        }
        self.application = Application(
            route_of=lambda scope: routes.get(scope["path"], Route(self.admission, self.requests)),
            bodies=BodyReader(max_size=LARGE, memory_limit=LARGE, timeout=0.1),
            connections=ConnectionTable(max_connections=9, max_per_address=9, head_timeout=9, is_proxy=lambda _: False),
            callers=[self.requests, self.probes],
            at_exit=[lambda: self.ended.append(len(self.seen))],
        )

    def respond(self, environ: dict[str, Any]) -> HttpResponseBase:
        self.inside += 1
        self.threads.append(threading.current_thread().name)
        match environ["PATH_INFO"]:
            case "/orders":
                self.open.wait(30)
            case "/fault":
                raise ValueError("a fault of ours")
            case "/in-loop-at-first":
                about_to_block()
            case "/stream":
                return StreamingHttpResponse(iter([b"a", b"b"]))
            case "/large":
                return HttpResponse(LARGE_RESPONSE)
            case "/deferred":
                return self.deferred()
        self.seen.append(environ["wsgi.input"].read())
        return HttpResponse(b"ab", status=201, headers={"X-A": "1"})

    def deferred(self) -> DeferredResponse:
        response = DeferredResponse(
            b"stored",
            outcome=self.outcome,
            timeout=0.2,
            is_expected=lambda outcome: outcome == "stored",
            otherwise=lambda: HttpResponse(f"otherwise in {threading.current_thread().name}"),
            request_id="",
        )
        response._resource_closers.append(lambda: self.closed.append("deferred"))  # as Django adds that of the request
        return response

    def run(self, scenario: Callable[[], Awaitable[None]]) -> None:
        """Run a scenario in an event loop, with the application started as uvicorn starts it."""

        async def served() -> None:
            ending = asyncio.Event()
            told: list[str] = []

            async def receive() -> dict[str, str]:
                if not told:
                    return {"type": "lifespan.startup"}
                await ending.wait()
                return {"type": "lifespan.shutdown"}

            async def send(message: dict[str, str]) -> None:
                told.append(message["type"])

            life = asyncio.create_task(self.application({"type": "lifespan", "state": self.state}, receive, send))
            await until(lambda: told)
            try:
                await scenario()
            finally:
                self.open.set()
                ending.set()
                await life
                assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

        asyncio.run(served())

    async def ask(self, request: dict[str, Any], client: Client) -> Client:
        await self.application(request, client.receive, client.send)
        return client

    def ask_one(self, request: dict[str, Any], client: Client) -> Client:
        async def scenario() -> None:
            await self.ask(request, client)

        self.run(scenario)
        return client


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def until(condition: Callable[[], object]) -> None:
    """Yield to other tasks until a condition holds."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


def test_a_request_is_answered_by_django_in_a_thread(shop):
    client = shop.ask_one(with_body(2), Client(b"{}"))

    assert (client.status, client.headers, client.body) == (
        201,
        {"content-type": "text/html; charset=utf-8", "x-a": "1", "content-length": "2"},
        b"ab",
    )
    assert shop.seen == [b"{}"]
    assert shop.threads == ["requests_0"]


def test_what_needs_only_memory_is_answered_in_the_loop(shop):
    client = shop.ask_one(scope("/in-loop"), Client())

    assert client.status == 201
    assert shop.threads == ["MainThread"]


def test_what_would_block_the_loop_goes_to_a_thread_with_the_whole_body(shop):
    client = shop.ask_one(with_body(2, "/in-loop-at-first"), Client(b"{}"))

    assert client.status == 201
    assert shop.threads == ["MainThread", "requests_0"]
    assert shop.seen == [b"{}"]


def test_a_stream_is_sent_chunk_by_chunk(shop):
    client = shop.ask_one(scope("/stream"), Client(stays=True))

    assert [message.get("body") for message in client.messages[1:]] == [b"a", b"b", b""]
    assert "content-length" not in client.headers


def test_a_large_response_is_sent_whole_in_parts(shop):
    client = shop.ask_one(scope("/large"), Client())

    assert client.body == LARGE_RESPONSE
    assert max(len(message["body"]) for message in client.messages[1:]) == SMALL


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [("stored", b"stored"), ("a duplicate", b"otherwise in requests_0"), (None, b"otherwise in requests_0")],
)
def test_a_deferred_response_waits_for_its_outcome_without_a_thread(shop, outcome, answer):
    deferred, other = Client(), Client()

    async def scenario() -> None:
        waiting = asyncio.create_task(shop.ask(scope("/deferred"), deferred))
        await until(lambda: shop.inside == 1)
        shop.admission.max_in_flight = 2
        await shop.ask(scope("/quick"), other)
        assert (deferred.status, other.status) == (None, 201)
        if outcome:
            shop.outcome.set_result(outcome)
        await waiting

    shop.run(scenario)

    assert (deferred.status, deferred.body) == (200, answer)
    assert shop.closed == ["deferred"]


def test_the_end_comes_after_the_last_request(shop):
    shop.ask_one(scope(), Client())

    assert shop.ended == [1]


def test_a_request_for_which_there_is_no_place_is_rejected_at_once_and_one_that_waits_too_long_soon(shop):
    first, second, third = Client(), Client(), Client()

    async def flood() -> None:
        shop.open.clear()
        being_served = asyncio.create_task(shop.ask(scope(), first))
        await until(lambda: shop.inside == 1)
        waiting = asyncio.create_task(shop.ask(scope(), second))
        await until(lambda: shop.admission.is_full)
        await shop.ask(scope(), third)
        assert (second.status, third.status) == (None, 503)
        await waiting
        assert (first.status, second.status) == (None, 503)
        shop.open.set()
        await being_served

    shop.run(flood)

    assert first.status == 201
    assert len(shop.seen) == 1


def test_of_the_requests_that_come_at_once_as_many_are_let_in_as_have_a_place(shop):
    """The others are rejected before any of them has become a task."""
    request = b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\n{}"

    async def scenario() -> None:
        for _ in range(3):  # no place is lost
            connections = [connection(shop.application, shop.state) for _ in range(4)]
            for protocol, _ in connections:
                protocol.data_received(request)
            assert [wire.written[9:12] for _, wire in connections] == [b"", b"", b"503", b"503"]
            await until(lambda: all(wire.written for _, wire in connections))  # noqa: B023 - called in this turn
            assert [wire.written[9:12] for _, wire in connections] == [b"201", b"201", b"503", b"503"]

    shop.run(scenario)


def full(shop: Shop) -> None:
    shop.admission.max_in_flight = shop.admission.max_queued = 0


def test_a_rejection_is_a_problem_that_says_when_to_come_back(shop):
    full(shop)
    client = shop.ask_one(scope(headers=[(b"x-request-id", b"mine")]), Client())

    assert (client.status, client.headers["retry-after"], client.headers["x-request-id"]) == (503, "1", "mine")
    assert client.headers["content-type"] == "application/problem+json"
    problem = json.loads(client.body)
    assert (problem["type"], problem["request_id"]) == ("urn:orderflow:problem:overloaded", "mine")


def test_of_a_request_that_is_rejected_no_body_is_read(shop):
    full(shop)
    client = shop.ask_one(with_body(2), Client(b"{}"))

    assert (client.status, client.reads) == (503, 0)


def test_a_client_that_waits_to_send_its_body_is_told_that_the_connection_ends(shop):
    """Whether the body follows all the same, nobody knows, so what comes next could be taken for a request."""
    full(shop)
    client = shop.ask_one(scope(headers=[(b"expect", b"100-continue"), (b"content-length", b"2")]), Client())

    assert (client.status, client.headers["connection"]) == (503, "close")


def test_rejections_are_counted(shop):
    full(shop)
    overloaded = REJECTED.labels("Overloaded")._value
    before = overloaded.get()

    async def reject_three() -> None:
        for _ in range(3):
            await shop.ask(scope(), Client())
        await until(lambda: overloaded.get() == before + 3)

    shop.run(reject_three)


def test_a_probe_is_answered_although_nobody_else_is(shop):
    probe, stuck = Client(), Client()

    async def look() -> None:
        shop.open.clear()
        waiting = asyncio.create_task(shop.ask(scope(), stuck))
        await until(lambda: shop.inside == 1)
        await shop.ask(scope("/health/live"), probe)
        assert stuck.status is None
        shop.open.set()
        await waiting

    shop.run(look)

    assert probe.status == 201


def test_a_slow_body_takes_no_place_and_is_given_up(shop):
    slow, quick = Client(b"{", silent=True), Client(b"{}")

    async def both() -> None:
        sending = asyncio.create_task(shop.ask(with_body(2), slow))
        await until(lambda: slow.reads == 2)
        await shop.ask(with_body(2), quick)
        assert slow.status is None
        await sending

    shop.run(both)

    assert (slow.status, quick.status) == (408, 201)
    assert slow.headers["connection"] == "close"
    assert shop.seen == [b"{}"]


def test_a_client_that_still_sends_a_body_that_is_too_large_can_read_why(shop):
    """The response comes first, then the rest is thrown away: a client that sends before it reads needs both."""
    client = shop.ask_one(with_body(LARGE + 1), Client(*[b"x" * 1000] * 66))

    assert (client.status, client.headers["connection"], json.loads(client.body)["status"]) == (413, "close", 413)
    assert client.reads == 66


def test_a_client_that_asks_before_it_sends_a_body_that_is_too_large_is_not_waited_for(shop):
    request = with_body(LARGE + 1)
    request["headers"].append((b"expect", b"100-continue"))
    client = shop.ask_one(request, Client(silent=True))

    assert (client.status, client.reads) == (413, 0)


def test_a_request_that_is_rejected_after_its_body_came_gives_back_the_room_of_the_body(shop):
    client, again = Client(b"x" * SMALL, b"x"), Client(b"x" * SMALL, b"x")

    async def full_by_then() -> None:
        client.may_send_the_rest.clear()
        sending = asyncio.create_task(shop.ask(with_body(LARGE), client))
        await until(lambda: client.reads == 2)
        full(shop)
        client.may_send_the_rest.set()
        await sending
        shop.admission.max_in_flight = 1
        await shop.ask(with_body(LARGE), again)

    shop.run(full_by_then)

    assert (client.status, again.status) == (503, 201)


def test_after_a_fault_the_server_is_left_to_answer_and_the_next_request_is_served(shop):
    fine = Client()

    async def one_after_the_other() -> None:
        with pytest.raises(ValueError, match="a fault of ours"):
            await shop.ask(scope("/fault"), Client())
        await shop.ask(scope("/quick"), fine)

    shop.run(one_after_the_other)

    assert fine.status == 201
