"""Nobody's requests keep others from being served: neither slow reads, nor log-ins, nor idle connections."""

import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from tests.e2e.system import System
from tests.e2e.test_time_limits import PATIENCE_WITH_LOCKS, impatient, transaction
from tests.waiting import wait_until

READERS = 2 * (12 + 4)  # more than both workers have threads for, so that every one of them is stuck
IDLE = 2100  # connections that once kept a server from answering anybody for 29 s


@contextmanager
def idle_connections(system: System, count: int, *, address: str) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", system.port), source_address=(address, 0))
            opened.append(stack.enter_context(connection))
        yield opened


def test_orders_are_stored_and_answered_while_every_reader_is_stuck(system):
    with impatient(system, "web", PATIENCE_WITH_LOCKS), ThreadPoolExecutor(READERS) as pool:
        with transaction(system, "LOCK TABLE invoicing_invoice IN ACCESS EXCLUSIVE MODE"):
            stuck = [pool.submit(system.get, "/invoices") for _ in range(READERS)]
            wait_until(lambda: system.count("pg_locks WHERE NOT granted") >= 12, what="readers wait for the lock")

            answers = [system.place(reference="beside stuck readers") for _ in range(20)]

            assert {answer.status for answer in answers} == {201}
            assert not any(reader.done() for reader in stuck)
            assert system.get("/health/ready").status == 200
        assert {reader.result().status for reader in stuck} <= {200, 503}


def test_orders_are_stored_and_answered_while_passwords_are_hashed(system):
    page = system.request("GET", "/admin/login/", headers={"Authorization": ""})
    (cookie,) = re.findall("csrftoken=([^;]+)", page.headers["Set-Cookie"])
    form = {"username": "admin", "password": "only-for-tests", "csrfmiddlewaretoken": cookie, "next": "/admin/"}

    def log_in(_: int) -> int:
        answer = system.request(
            "POST",
            "/admin/login/",
            fields=form,
            encode_multipart=False,
            headers={"Cookie": f"csrftoken={cookie}"},
            redirect=False,
        )
        return int(answer.status)

    with ThreadPoolExecutor(16) as pool:
        log_ins = [pool.submit(log_in, number) for number in range(32)]
        answers = []
        while not all(each.done() for each in log_ins):
            answers.append(system.place(reference="beside log-ins"))

        hashed = [each.result() for each in log_ins].count(302)  # the others found somebody else at it
        assert hashed
        assert {answer.status for answer in answers} == {201}
        assert len(answers) > hashed


def test_connections_without_a_request_keep_nobody_out_be_they_of_one_address_or_of_many(system):
    with ExitStack() as stack:
        for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
            stack.enter_context(idle_connections(system, IDLE // 3, address=address))

        assert system.get("/health/live").status == 200
        assert system.place(reference="beside idle connections").status == 201


def test_a_connection_that_never_asks_is_closed(system):
    with idle_connections(system, 1, address="127.0.0.2") as (connection,):
        connection.settimeout(60)
        assert connection.recv(1) == b""


def test_an_address_gets_no_more_connections_than_it_may_have_while_it_uses_them(system):
    with impatient(system, "web", PATIENCE_WITH_LOCKS, WEB_MAX_CONNECTIONS_PER_ADDRESS="3"), ExitStack() as stack:
        with transaction(system, "LOCK TABLE orders_order IN EXCLUSIVE MODE"):
            pool = stack.enter_context(ThreadPoolExecutor(10))
            waiting = [pool.submit(system.place, reference="busy") for _ in range(10)]
            wait_until(lambda: sum(each.done() for each in waiting) >= 10 - 2 * 3, what="what is too much is told so")
            problems = {each.result().json()["type"] for each in waiting if each.done()}
            assert problems == {"urn:orderflow:problem:too-many-connections"}
        assert sorted(each.result().status for each in waiting).count(201) <= 2 * 3
