"""How clients ask: a thread of one client, that asks again with the same key until an answer settles the matter."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

import urllib3

from tests.chaos.journal import Journal

THINKING = (0.02, 0.16)  # seconds between two requests of a client
PATIENT, IMPATIENT = 60, 2  # tries


@dataclass(frozen=True)
class Answer:
    """A status of 0 where there was no answer, or not all of it. `asked` and `at`: seconds of one clock."""

    status: int
    data: bytes
    replayed: bool
    asked: float
    at: float

    @cached_property
    def json(self) -> Any:
        return json.loads(self.data)


class Sender:
    """Does one of `actions`, by their weights, after the other, each a method of a subclass, until `resting` is set.

    Gives up what is unanswered when `over` is set.
    """

    actions: Mapping[str, int]

    def __init__(self, name: str, *, url: str, token: str, journal: Journal) -> None:
        self.name = name
        self.journal = journal
        self.random = Random(name)
        self.resting, self.over = threading.Event(), threading.Event()
        self._url = url
        self._http = urllib3.PoolManager(retries=False)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._number = 0

    def run(self) -> None:
        while not self.resting.is_set():
            (action,) = self.random.choices(list(self.actions), list(self.actions.values()))
            getattr(self, action)()
            self.resting.wait(self.random.uniform(*THINKING))
        self._http.clear()

    def insist(self, path: str, body: bytes, key: str, settles: Callable[[Answer], bool], *, tries: int = 0) -> bool:
        """POST until an answer settles it; whether one did."""
        tries = tries or (IMPATIENT if self.random.random() < 0.1 else PATIENT)
        for attempt in range(tries):
            timeout = 0.25 if self.random.random() < 0.05 else 12.0
            headers = {"Idempotency-Key": key} if key else {}
            if settles(self.send("POST", path, body=body, headers=headers, timeout=timeout)):
                return True
            if self.over.wait(min(2.0, 0.1 * 2**attempt)):
                break
        return False

    def get(self, path: str) -> Answer:
        return self.send("GET", path, timeout=5.0)

    def send(
        self,
        method: str,
        path: str,
        *,
        timeout: float,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        asked = time.monotonic()
        try:
            answer = self._http.request(
                method, self._url + path, body=body, headers={**self._headers, **(headers or {})}, timeout=timeout
            )
            status, data, replayed = answer.status, answer.data, "Idempotency-Replayed" in answer.headers
        except urllib3.exceptions.HTTPError:
            status, data, replayed = 0, b"", False
        self.journal.statuses[status] += 1
        return Answer(status, data, replayed, asked, time.monotonic())

    def new_name(self) -> str:
        self._number += 1
        return f"{self.name}-{self._number}"
