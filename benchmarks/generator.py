"""A closed-loop load generator: keep-alive connections that ask again as soon as a response comes.

It shares the machine with the product, so it does little for each request: one write, one read, and a check of the
status. `go/load/` does the same at less CPU, where Go is installed. Standard library only. Run as a process of its own,
with a `Load` as JSON on standard input and an `Outcome` as JSON on standard output:

    python -m benchmarks.generator < load.json > outcome.json
"""

import json
import select
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import cycle

TIMEOUT = 30  # seconds without any response
_LENGTH = b"content-length: "


@dataclass(frozen=True)
class Load:
    """The load to generate.

    Attributes:
        bodies: are posted in turn.
        get: paths that are read in turn instead.
        key_prefix: of the Idempotency-Key of each request; requests have none if it is empty.
        warm_up: seconds in which responses are not counted.
        seconds: in which they are counted, after the warm-up.
        requests: stop after this number of requests instead, and count all.
        expect: the expected status.
    """

    port: int
    path: str
    headers: dict[str, str]
    bodies: list[str]
    clients: int
    expect: int = 201
    key_prefix: str = ""
    warm_up: float = 0.0
    seconds: float = 3600.0
    requests: int | None = None
    get: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """The result of a load.

    Attributes:
        answered: responses that count, which came within `seconds`.
        cpu: the generator's, as a share of one core.
        responses: all of them, with those before and after that time.
        last_at: the time of the last of them, in seconds since 1970.
        unexpected: how many had another status than was expected, by status.
        sample: the first of those.
    """

    answered: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu: float
    responses: int
    last_at: float
    unexpected: dict[str, int] = field(default_factory=dict)
    sample: str = ""


class Connection:
    """The connection of one client, with at most one request in flight."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._received = b""

    def post(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The response, None as long as it is incomplete."""
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed a connection")
        self._received += data
        if not _is_whole(self._received):
            return None
        response, self._received = self._received, b""
        return response


class Generator:
    """Sends requests until the load is done."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._requests = requests_of(load)
        self._expected = f" {load.expect} ".encode()
        self._left = load.requests if load.requests is not None else sys.maxsize
        self._latencies: list[float] = []
        self._unexpected: Counter[str] = Counter()
        self._sample = ""
        self._responses = 0
        self._last_at = 0.0

    def run(self) -> Outcome:
        connections = [Connection(self._load.port) for _ in range(self._load.clients)]
        began = time.perf_counter()
        counts_from, ends_at = began + self._load.warm_up, began + self._load.warm_up + self._load.seconds
        self._exchange(connections, counts_from)
        self._latencies.clear()
        cpu, counting_since = time.process_time(), time.perf_counter()
        self._exchange(connections, ends_at)
        counted_until = time.perf_counter()
        cpu = time.process_time() - cpu
        answered = len(self._latencies)
        self._left = 0
        self._exchange(connections, float("inf"))  # waits for responses to requests in flight, which are not counted
        return self._outcome(answered, counted_until - counting_since, cpu)

    def _exchange(self, connections: list[Connection], until: float) -> None:
        """Post and receive until this time, or until all requests have a response; leaves requests in flight."""
        with select.epoll() as poll:
            for connection in connections:
                poll.register(connection.socket, select.EPOLLIN)
                if not connection.sent_at:
                    self._post(connection)
            by_descriptor = {connection.socket.fileno(): connection for connection in connections}
            in_flight = sum(1 for connection in connections if connection.sent_at)
            now = time.perf_counter()
            while in_flight and now < until:
                events = poll.poll(TIMEOUT)
                if not events:
                    raise TimeoutError(f"no response within {TIMEOUT} s")
                for descriptor, _ in events:
                    connection = by_descriptor[descriptor]
                    response = connection.receive()
                    if response is not None:
                        now = time.perf_counter()
                        self._note(response, now - connection.sent_at)
                        in_flight -= not self._post(connection)

    def _post(self, connection: Connection) -> bool:
        connection.sent_at = 0.0
        if self._left <= 0:
            return False
        self._left -= 1
        connection.post(next(self._requests))
        return True

    def _note(self, response: bytes, seconds: float) -> None:
        self._latencies.append(seconds)
        self._responses += 1
        self._last_at = time.time()
        if self._expected not in response[:20]:
            self._unexpected[response[9:12].decode(errors="replace")] += 1
            self._sample = self._sample or response[:2000].decode(errors="replace")

    def _outcome(self, answered: int, seconds: float, cpu: float) -> Outcome:
        times = sorted(self._latencies[:answered]) or [0.0]
        p50, p95, p99 = (times[int(len(times) * share)] * 1000 for share in (0.5, 0.95, 0.99))
        return Outcome(
            answered=answered,
            seconds=seconds,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            cpu=cpu / seconds,
            responses=self._responses,
            last_at=self._last_at,
            unexpected=dict(self._unexpected),
            sample=self._sample,
        )


def requests_of(load: Load) -> Iterator[bytes]:
    """An endless sequence of requests."""
    for number, (before, after) in enumerate(cycle(prepared_requests(load))):
        yield b"%b%d%b" % (before, number, after)


def prepared_requests(load: Load) -> list[tuple[bytes, bytes]]:
    """What comes before and after the number of a request, for each that is sent in turn."""
    headers = {"Host": f"127.0.0.1:{load.port}", "Content-Type": "application/json", **load.headers}
    common = " HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    numbered = f"Idempotency-Key: {load.key_prefix}" if load.key_prefix else "X-Number: "
    if load.get:
        return [(f"GET {path}{common}{numbered}".encode(), b"\r\n\r\n") for path in load.get]
    head = f"POST {load.path}{common}"
    bodies = [body.encode() for body in load.bodies]
    return [(f"{head}Content-Length: {len(body)}\r\n{numbered}".encode(), b"\r\n\r\n" + body) for body in bodies]


def _is_whole(data: bytes) -> bool:
    """Whether a response is complete; it may be chunked."""
    end_of_head = data.find(b"\r\n\r\n")
    if end_of_head < 0:
        return False
    head = data[:end_of_head].lower()
    start = head.find(_LENGTH)
    if start < 0:
        return data.endswith(b"0\r\n\r\n")
    length = int(head[start + len(_LENGTH) :].split(b"\r\n", 1)[0])
    return len(data) >= end_of_head + 4 + length


if __name__ == "__main__":
    print(json.dumps(asdict(Generator(Load(**json.load(sys.stdin))).run())))
