"""The limits on clients hold over all workers of a web server together."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest

from tests.e2e.system import System

CLIENTS = 8  # connections, which the kernel spreads over the workers
WORKERS = 2
QUOTA = 50  # a second
SECONDS = 6.0


@contextmanager
def limited(system: System) -> Iterator[None]:
    system.stop("web")
    system.start("web", API_RATE_LIMIT=f"{QUOTA}/s")
    yield
    system.stop("web")


@pytest.mark.parametrize(
    ("send", "served"),
    [(lambda system: system.get("/stock"), 200), (lambda system: system.place(), 201)],
    ids=["in a thread", "in the event loop"],
)
def test_a_client_gets_its_quota_from_all_workers_together(system: System, send, served):
    def ask(until: float) -> Counter[int]:
        answers: Counter[int] = Counter()
        while time.monotonic() < until:
            answers[send(system).status] += 1
        return answers

    with limited(system), ThreadPoolExecutor(CLIENTS) as pool:
        answers: Counter[int] = sum(pool.map(ask, [time.monotonic() + SECONDS] * CLIENTS), Counter())

    assert set(answers) == {served, 429}
    assert QUOTA * SECONDS <= answers[served] <= QUOTA * (SECONDS + 2 * WORKERS)
    assert answers[429] > QUOTA


def test_of_many_guesses_at_once_few_are_looked_at_and_the_others_cost_no_password_hash(system: System):
    failures, tries = len(system.events("web", "login_failed")), 100
    form = LoginForm(system)

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = Counter(pool.map(lambda n: form.send("admin", f"guess {n}"), range(tries)))

    looked_at = len(system.events("web", "login_failed")) - failures
    assert set(statuses) <= {200, 429, 503}
    assert statuses[200] == looked_at
    assert 1 <= looked_at <= 5 + WORKERS - 1  # each worker may be hashing when the fifth is counted
    assert not [line for line in system.logged("web") if "guess" in str(line)]


class LoginForm:
    """The admin's log-in page, as a browser that nobody knows has it."""

    def __init__(self, system: System) -> None:
        self._system = system
        page = system.http.request("GET", f"http://127.0.0.1:{system.port}/admin/login/")
        self._cookie = page.headers["Set-Cookie"].partition(";")[0]
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.data.decode())
        assert found
        self._token = found[1]

    def send(self, username: str, password: str) -> int:
        form = {"csrfmiddlewaretoken": self._token, "username": username, "password": password}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self._cookie}
        url = f"http://127.0.0.1:{self._system.port}/admin/login/"
        return self._system.http.request("POST", url, body=urlencode(form), headers=headers, redirect=False).status
