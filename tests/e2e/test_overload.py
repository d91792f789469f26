"""Overload and slow clients: most requests are rejected at once, and nothing grows."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg2
import pytest

from tests.e2e.raw_clients import RawClient, raw_clients
from tests.e2e.system import System
from tests.e2e.test_time_limits import PATIENCE_WITH_LOCKS, impatient
from tests.waiting import wait_until

CLIENTS = 600  # at once: each of two workers has 128 places for orders
PLACES = 2 * 128
SLOW = 100  # of each kind
# A worker has a connection for each thread at most, its order writers and its publisher included; a consumer has two.
MOST_CONNECTIONS = 2 * (12 + 4 + 1 + 3) + 4 * 2
# Those of its pools, and of each worker the event loop, two order writers, a publisher, Kafka's and the supervisor's.
MOST_THREADS = 2 * (12 + 4 + 1 + 1 + 8) + 8


@pytest.fixture
def warm(system: System) -> System:
    """A system whose workers have both stored and published orders."""
    system.place_all([f"warm-{number}" for number in range(32)])
    return system


def threads(system: System) -> int:
    return sum(process.num_threads() for process in system.processes["web"].family())


def connections(system: System) -> int:
    return system.count("pg_stat_activity WHERE application_name = 'orderflow'")


def refusals_logged(system: System) -> int:
    return sum(line.get("Overloaded", 0) for line in system.events("web", "requests_rejected"))


@contextmanager
def nothing_stored(system: System) -> Iterator[None]:
    """Lock the table of orders, so that none is stored until the block ends."""
    owner = psycopg2.connect(system.postgres.admin_url)
    try:
        with owner, owner.cursor() as cursor:
            cursor.execute("LOCK TABLE orders_order IN EXCLUSIVE MODE")
            yield
    finally:
        owner.close()


def test_of_a_flood_some_are_refused_at_once_and_all_that_are_accepted_are_there_once(system):
    # Neither the lock below nor the number of connections from one address is what is tried here.
    with impatient(system, "web", PATIENCE_WITH_LOCKS, WEB_MAX_CONNECTIONS_PER_ADDRESS="2000"):
        _flood(system)


def _flood(warm: System) -> None:
    with raw_clients(warm, CLIENTS) as clients:
        with nothing_stored(warm):
            for number, client in enumerate(clients):
                client.send(client.order(f"flood-{number}"))
            wait_until(lambda: warm.get("/health/live").status == 200, what="who looks is told that the server lives")
            refused_first = [clients[-1].answer()]
            assert threads(warm) <= MOST_THREADS
        answers = [client.answer() for client in clients[:-1]] + refused_first

        accepted = [number for number, answer in enumerate(answers) if answer.status == 201]
        refused = [answer for answer in answers if answer.status == 503]
        assert len(accepted) + len(refused) == CLIENTS
        assert 0 < len(accepted) <= PLACES
        for answer in refused:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["retry-after"] == "1"
            assert answer.body["type"] == "urn:orderflow:problem:overloaded"
        stored = warm.query("SELECT reference FROM orders_order WHERE reference LIKE 'flood-%'")
        assert sorted(stored) == sorted((f"flood-{number}",) for number in accepted)

    assert threads(warm) <= MOST_THREADS
    assert connections(warm) <= MOST_CONNECTIONS
    again = warm.place_all([f"flood-{number}" for number in range(CLIENTS) if number not in accepted][-40:])
    assert {answer.status for answer in again} == {201}
    wait_until(lambda: refusals_logged(warm) >= len(refused), what="the log says how many were refused")


def test_slow_clients_hold_up_nobody_and_those_who_finish_are_answered(warm):
    """300 of them, which is more than there are threads and places for reading together."""
    with raw_clients(warm, 3 * SLOW) as clients:
        of_headers, of_bodies, of_reading = clients[:SLOW], clients[SLOW : 2 * SLOW], clients[2 * SLOW :]
        rests = [_begin(client, client.get("/orders"), 20) for client in of_headers]
        rests += [_begin(client, client.order(f"slow-{n}"), -20) for n, client in enumerate(of_bodies)]
        for client in of_reading:
            client.send(client.get("/orders?page_size=200"))

        answers = warm.place_all([f"quick-{number}" for number in range(20)])
        assert {answer.status for answer in answers} == {201}
        assert threads(warm) <= MOST_THREADS

        finished = [_finish(client, rest) for client, rest in zip(of_headers + of_bodies, rests, strict=True)]
        assert set(finished) <= {200, 201, 408, 503}  # 201 and 200 on a machine that is not busy itself
        assert finished.count(201) + finished.count(408) > 0
        assert 200 in [client.answer().status for client in of_reading]  # so many lists at once may be too many
    assert warm.count("orders_order WHERE reference LIKE 'slow-%'") == finished.count(201)


def _begin(client: RawClient, request: bytes, length: int) -> bytes:
    """Send the beginning of a request; what is left of it."""
    client.send(request[:length])
    return request[length:]


def _finish(client: RawClient, rest: bytes) -> int:
    """Send the rest of a request, a byte at first; returns the status."""
    with suppress(ConnectionError):  # who took too long is answered before the end
        client.send(rest[:1])
        client.send(rest[1:])
    return client.answer().status
