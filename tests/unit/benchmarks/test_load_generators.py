"""Both load generators, in Python and in Go, against a server that does what the test says.

Each test names reports of generators that misled whoever believed them.
"""

import socket
import threading
import time
from itertools import count

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.generator import Load, Outcome
from benchmarks.load import generator_language, require_stored, run_load

CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
STALL = 0.5  # seconds


class ScriptedServer:
    """`respond` gets the connection and the number of a request, from 1."""

    def __init__(self, respond):
        self._respond = respond
        self._numbers = count(1)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.connections = 0
        self.heads: list[str] = []
        self.responded_at = 0.0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self._listening.accept()
            self.connections += 1
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as received:
            while head := self._read(received):
                self.heads.append(head)
                self.responded_at = time.time()
                if self._respond(connection, next(self._numbers)) is False:
                    return

    def _read(self, received):
        head = b"".join(iter(received.readline, b"\r\n")) if (first := received.readline()) else b""
        lengths = [line for line in head.splitlines() if line.lower().startswith(b"content-length:")]
        if lengths:
            received.read(int(lengths[0].split(b":")[1]))
        return (first + head).decode()


def created(connection, _number):
    connection.sendall(CREATED)


@pytest.fixture(params=["Python", "Go"])
def generate(request, monkeypatch):
    """A function that runs a load; returns the server and the outcome."""
    if request.param == "Python":
        monkeypatch.setattr("benchmarks.load.build", lambda _package: None)
    elif generator_language() != "Go":
        pytest.skip("Go is not installed")

    def run(respond, **how):
        server = ScriptedServer(respond)
        load = Load(server.port, "/orders", {"Authorization": "Bearer t"}, ['{"a": 1}', '{"b": 22}'], **how)
        return server, run_load(load)

    return run


def test_each_request_has_a_key_of_its_own_and_the_log_in(generate):
    server, result = generate(created, clients=4, requests=50, key_prefix="k-")

    assert (result.answered, result.responses, result.unexpected) == (50, 50, {})
    keys = [line for head in server.heads for line in head.splitlines() if line.startswith("Idempotency-Key: k-")]
    assert len(set(keys)) == len(server.heads) == 50
    assert all("\r\nAuthorization: Bearer t\r\n" in head for head in server.heads)


def test_connections_are_kept(generate):
    """TechEmpower/FrameworkBenchmarks#8437, the-benchmarker/web-frameworks#8229: which of both is measured matters."""
    server, _ = generate(created, clients=3, requests=60)

    assert server.connections == 3


def test_a_connection_that_the_server_closes_ends_the_run(generate):
    """rwf2/Rocket#928: wrk connects again, and goes on with as many read errors as requests."""
    with pytest.raises(BenchmarkError, match="the load generator failed"):
        generate(lambda connection, number: connection.sendall(CREATED) or number < 5, clients=1, requests=20)


@pytest.mark.parametrize("status", ["503 Service Unavailable", "200 OK"])
def test_another_status_than_expected_ends_the_run(generate, status):
    """aspnet/Benchmarks#320, the-benchmarker/web-frameworks#3484: wrk's rate has errors in it."""
    other = f"HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\nbusy".encode()

    with pytest.raises(BenchmarkError, match=rf"{{'{status[:3]}': 10}}(?s:.*)busy"):
        generate(
            lambda connection, number: connection.sendall(CREATED if number % 4 else other), clients=1, requests=40
        )


def test_a_response_in_pieces_or_in_chunks_is_one_response(generate):
    def respond(connection, number):
        if number % 2:
            connection.sendall(b"HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            return
        for part in (CREATED[:10], CREATED[10:40], CREATED[40:]):
            connection.sendall(part)
            time.sleep(0.002)

    _, result = generate(respond, clients=2, requests=30)

    assert (result.answered, result.unexpected) == (30, {})


def test_a_stall_is_in_the_percentiles_once(generate):
    """wg/wrk#99, wg/wrk#438: made up responses of what a stall held back moved the median there.

    Clients wait for their response here, as those of a shop do: what they would have sent meanwhile is not measured.
    `benchmarks.overload` sends when it is due instead, and counts from then (giltene/wrk2, tsenart/vegeta#223).
    """
    _, result = generate(
        lambda connection, number: time.sleep(STALL if number == 25 else 0) or connection.sendall(CREATED),
        clients=1,
        requests=50,
    )

    assert result.p50_ms < 1000 * STALL <= result.p99_ms


def test_requests_in_flight_at_the_end_are_waited_for_and_not_counted(generate):
    """wrk closes its connections then: orders would be stored that nobody was told of."""

    def respond(connection, _number):
        time.sleep(0.02)
        connection.sendall(CREATED)

    server, result = generate(respond, clients=8, warm_up=0.1, seconds=0.3)

    assert len(server.heads) == result.responses
    assert 0 < result.answered < result.responses
    assert server.responded_at <= result.last_at <= time.time()


def test_responses_that_mean_other_orders_than_are_stored_end_the_run():
    """chrismccord/ekv#15: what is acknowledged is compared with what is there."""
    told = Outcome(answered=8, seconds=1.0, p50_ms=1, p95_ms=1, p99_ms=1, cpu=0.1, responses=10, last_at=0.0)

    require_stored(1000, told, orders=100)
    with pytest.raises(BenchmarkError, match="999 orders are stored"):
        require_stored(999, told, orders=100)
