"""Open load: requests are sent when they are due, whether or not earlier ones were answered. The standard library only.

A request that is due while every connection has one under way gets a new connection, up to a limit; beyond it waits,
and its time runs from when it was due. Run as a process of its own; a `Flood` as JSON comes in, a `LoadResult` as JSON
goes out:

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

ACCEPTED, REFUSED = b"201", b"503"
LONGEST_NAP = 0.002  # seconds


@dataclass(frozen=True)
class Flood:
    """What to send.

    Attributes:
        rate: requests a second, at random moments (a Poisson process).
        seconds: that it lasts; the first `warm_up` of them are not counted.
        timeout: seconds after which a client gives up, and its connection is closed.
        connections: open at the same time, at most.
        core: that the generator keeps to, so that it takes nothing from what it measures; any, if none is named.
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
    """How it went for the requests that were due in the counted time: seconds from due to answered, sorted.

    Attributes:
        without_retry_after: refusals that do not say when to come back.
        others: answers by another status; "0" for connections that broke, "late" for clients that gave up.
        cpu: of the generator, as a share of one core.
    """

    seconds: float
    due: int = 0
    accepted: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    without_retry_after: int = 0
    others: dict[str, int] = field(default_factory=dict)
    connections: int = 0
    cpu: float = 0.0


class Client:
    """A keep-alive connection with at most one request under way."""

    __slots__ = ("due_at", "received", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due_at = 0.0
        self.received = b""


class Flooding:
    """Sends until the time is over, and waits for what is under way."""

    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._requests = _requests(flood)
        self._poll = select.epoll()
        self._clients: dict[int, Client] = {}
        self._idle: list[Client] = []
        self._under_way: deque[tuple[Client, float]] = deque()  # oldest first, with those that are answered by now
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
            self._receive(min(LONGEST_NAP, max(0.0, next_due - now)))
            now = time.perf_counter()
            self._give_up(now)
        self._result.cpu = (time.process_time() - cpu) / (now - began)
        self._result.connections = len(self._clients)
        while any(client.due_at for client in self._clients.values()):
            self._receive(LONGEST_NAP)
            self._give_up(time.perf_counter())
        self._result.accepted.sort()
        self._result.refused.sort()
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
                self._under_way.append((client, client.due_at))
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
            if data.endswith(b"}"):  # all answers are JSON objects, and come in one piece
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
        elif status == REFUSED:
            self._result.refused.append(seconds)
            self._result.without_retry_after += b"retry-after: " not in response
        else:
            self._count_other(status.decode(errors="replace"), client.due_at)

    def _drop(self, client: Client, why: str) -> None:
        if client.due_at:
            self._count_other(why, client.due_at)
        client.due_at = 0.0
        del self._clients[client.socket.fileno()]
        client.socket.close()

    def _give_up(self, now: float) -> None:
        """Close the connections of those who have waited for too long."""
        while self._under_way and now - self._under_way[0][1] > self._flood.timeout:
            client, due_at = self._under_way.popleft()
            if client.due_at == due_at:
                self._drop(client, "late")

    def _count_other(self, what: str, due_at: float) -> None:
        if due_at >= self._count_from:
            self._result.others[what] = self._result.others.get(what, 0) + 1


def _requests(flood: Flood) -> Iterator[bytes]:
    """Requests without end, each with an Idempotency-Key of its own."""
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
    print(json.dumps(asdict(Flooding(asked).run())))
