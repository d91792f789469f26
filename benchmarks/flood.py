"""An open-loop load generator: requests are sent when they are due, whether or not earlier ones have a response.

A request that is due while every connection has one in flight gets a new connection, up to a limit; beyond it waits,
and its time counts from when it was due. Standard library only. Run as a process of its own, with a `Flood` as JSON on
standard input and a `LoadResult` as JSON on standard output:

    python -m benchmarks.flood < flood.json > result.json
"""

import json
import os
import random
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

ACCEPTED, REJECTED = b"201", b"503"
MAX_POLL = 0.002  # seconds


@dataclass(frozen=True)
class Flood:
    """The load to generate.

    Attributes:
        rate: requests a second, as a Poisson process.
        seconds: its duration; the first `warm_up` seconds are not counted.
        timeout: seconds after which a client closes its connection.
        connections: open at the same time, at most.
        core: the core that the generator runs on, so that it takes no CPU from the product; None for any.
    """

    port: int
    head: str
    bodies: list[str]
    rate: float
    seconds: float
    warm_up: float
    connections: int
    timeout: float = 5.0
    core: int | None = None


@dataclass
class LoadResult:
    """The result for all requests that were due in the counted time.

    Attributes:
        accepted, rejected: seconds from due to the response, sorted.
        without_retry_after: rejections without a Retry-After header.
        others: the number of other responses by status; "0" for broken connections, "late" for timeouts.
        cpu: of the generator, as a share of one core.
    """

    seconds: float
    due: int = 0
    accepted: list[float] = field(default_factory=list)
    rejected: list[float] = field(default_factory=list)
    without_retry_after: int = 0
    others: dict[str, int] = field(default_factory=dict)
    connections: int = 0
    cpu: float = 0.0


class Client:
    """A keep-alive connection with at most one request in flight."""

    __slots__ = ("due_at", "received", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due_at = 0.0
        self.received = b""


class FloodGenerator:
    """Sends requests until the time is over, and waits for those in flight."""

    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._requests = _requests(flood)
        self._poll = select.epoll()
        self._clients: dict[int, Client] = {}
        self._idle: list[Client] = []
        self._in_flight: deque[tuple[Client, float]] = deque()  # oldest first; some may have a response by now
        self._waiting: deque[float] = deque()
        self._result = LoadResult(flood.seconds - flood.warm_up)

    def run(self) -> LoadResult:
        began = now = time.perf_counter()
        self._count_from, ends_at = began + self._flood.warm_up, began + self._flood.seconds
        next_due, cpu = began, time.process_time()
        gap = random.Random(3)
        while now < ends_at:
            while next_due <= now:
                self._waiting.append(next_due)
                next_due += gap.expovariate(self._flood.rate)
            self._send(now)
            self._receive(min(MAX_POLL, max(0.0, next_due - now)))
            now = time.perf_counter()
            self._time_out(now)
        self._result.cpu = (time.process_time() - cpu) / (now - began)
        self._result.connections = len(self._clients)
        while any(client.due_at for client in self._clients.values()):
            self._receive(MAX_POLL)
            self._time_out(time.perf_counter())
        self._result.accepted.sort()
        self._result.rejected.sort()
        return self._result

    def _send(self, now: float) -> None:
        while self._waiting and (client := self._free_client()):
            client.due_at = self._waiting.popleft()
            self._result.due += client.due_at >= self._count_from
            try:
                client.socket.send(next(self._requests))
            except OSError:
                self._drop(client, "0")
            else:
                self._in_flight.append((client, client.due_at))
        while self._waiting and now - self._waiting[0] > self._flood.timeout:
            self._count_other("late", self._waiting.popleft())

    def _free_client(self) -> Client | None:
        while self._idle:
            client = self._idle.pop()
            if client.socket.fileno() >= 0:
                return client
        if len(self._clients) >= self._flood.connections:
            return None
        try:
            client = Client(self._flood.port)
        except OSError:
            return None
        self._clients[client.socket.fileno()] = client
        self._poll.register(client.socket, select.EPOLLIN)
        return client

    def _receive(self, seconds: float) -> None:
        for descriptor, _ in self._poll.poll(seconds):
            client = self._clients[descriptor]
            try:
                data = client.socket.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                self._drop(client, "0")
                continue
            client.received += data
            if data.endswith(b"}"):  # all responses are JSON objects, and come in one piece
                self._note(client, client.received)
                client.received, client.due_at = b"", 0.0
                self._idle.append(client)

    def _note(self, client: Client, response: bytes) -> None:
        if client.due_at < self._count_from:
            return
        status = response[9:12]
        seconds = time.perf_counter() - client.due_at
        if status == ACCEPTED:
            self._result.accepted.append(seconds)
        elif status == REJECTED:
            self._result.rejected.append(seconds)
            self._result.without_retry_after += b"retry-after: " not in response
        else:
            self._count_other(status.decode(errors="replace"), client.due_at)

    def _drop(self, client: Client, why: str) -> None:
        if client.due_at:
            self._count_other(why, client.due_at)
        client.due_at = 0.0
        del self._clients[client.socket.fileno()]
        client.socket.close()

    def _time_out(self, now: float) -> None:
        """Close the connections of requests that have timed out."""
        while self._in_flight and now - self._in_flight[0][1] > self._flood.timeout:
            client, due_at = self._in_flight.popleft()
            if client.due_at == due_at:
                self._drop(client, "late")

    def _count_other(self, what: str, due_at: float) -> None:
        if due_at >= self._count_from:
            self._result.others[what] = self._result.others.get(what, 0) + 1


def _requests(flood: Flood) -> Iterator[bytes]:
    """An endless sequence of requests, each with an Idempotency-Key of its own."""
    prefix = f"{flood.rate:.0f}-{time.monotonic_ns()}"
    prepared = [
        (f"{flood.head}Content-Length: {len(body)}\r\nIdempotency-Key: {prefix}-".encode(), f"\r\n\r\n{body}".encode())
        for body in flood.bodies
    ]
    number = 0
    while True:
        for before, after in prepared:
            number += 1
            yield b"%b%d%b" % (before, number, after)


if __name__ == "__main__":
    asked = Flood(**json.load(sys.stdin))
    if asked.core is not None:
        os.sched_setaffinity(0, {asked.core})
    print(json.dumps(asdict(FloodGenerator(asked).run())))
