"""Requests at a constant rate."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from benchmarks.generator import Connection, Load, requests_of

MAX_DELAY = 1.0  # seconds that a client may be late; later requests are skipped and counted


class PacedLoad:
    """A constant load of `rate` POST requests a second in all, by clients with a connection each."""

    def __init__(self, load: Load, *, rate: float) -> None:
        self._load = load
        self._interval = load.clients / rate
        self.statuses: Counter[str] = Counter()
        self.skipped = 0
        self.reconnected = 0
        self._counting = threading.Lock()

    def run(self, stopping: threading.Event) -> None:
        """Send requests until the `seconds` of the load are over, or `stopping` is set.

        Raises:
            OSError: the server can't be reached.
        """
        until = time.perf_counter() + self._load.seconds
        with ThreadPoolExecutor(self._load.clients) as pool:
            running = [pool.submit(self._client, number, until, stopping) for number in range(self._load.clients)]
        for client in running:
            client.result()

    def _client(self, number: int, until: float, stopping: threading.Event) -> None:
        requests = requests_of(replace(self._load, key_prefix=f"{self._load.key_prefix}{number}-"))
        connection = Connection(self._load.port)
        due = time.perf_counter() + self._interval * number / self._load.clients
        while due < until and not stopping.wait(max(0.0, due - time.perf_counter())):
            try:
                status = self._exchange(connection, next(requests))
            except ConnectionError:
                status, connection = "none", Connection(self._load.port)
            self._note(status)
            due = self._next_due(due + self._interval)

    def _exchange(self, connection: Connection, request: bytes) -> str:
        connection.post(request)
        while (response := connection.receive()) is None:
            pass
        return response[9:12].decode(errors="replace")

    def _next_due(self, due: float) -> float:
        behind = time.perf_counter() - due
        if behind < MAX_DELAY:
            return due
        missed = int(behind / self._interval)
        with self._counting:
            self.skipped += missed
        return due + missed * self._interval

    def _note(self, status: str) -> None:
        with self._counting:
            self.statuses[status] += 1
