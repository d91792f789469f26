"""Group commit: submissions that wait at the same time are stored together."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, InternalError, OperationalError
from prometheus_client import REGISTRY

from common.errors import Overloaded
from orders.exceptions import OutcomeUnknown
from orders.intake.group_commit import OrderWriter
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(databases=[])


class Text(str):
    """Stands for a draft of one line."""

    order = SimpleNamespace(lines=("",))


class Database:
    """Stands for `place_orders`. It can be held up, and made to fail."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.open = threading.Event()
        self.open.set()
        self.fails: Callable[[Sequence[str]], Exception | None] = lambda drafts: None

    def __call__(self, drafts: "Sequence[Text]") -> list[str]:
        self.batches.append(list(drafts))
        assert self.open.wait(20)
        if error := self.fails(drafts):
            raise error
        return [f"{draft} placed" for draft in drafts]


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture(autouse=True)
def _no_connections(monkeypatch) -> None:
    monkeypatch.setattr("orders.intake.group_commit.refresh_connection", lambda: None)


@contextmanager
def writer_of(database, *, queue_size: int = 100, batch_lines: int = 64, threads: int = 1) -> Iterator[OrderWriter]:
    writer = OrderWriter(database, queue_size=queue_size, batch_lines=batch_lines, threads=threads)
    try:
        yield writer
    finally:
        database.open.set()
        writer.stop(timeout=20)


def place(writer: OrderWriter, *drafts: str, timeout: float = 20) -> list[Any]:
    return writer.place([Text(draft) for draft in drafts], timeout=timeout)


def submit(pool: ThreadPoolExecutor, writer: OrderWriter, *drafts: str, timeout: float = 20):
    return pool.submit(place, writer, *drafts, timeout=timeout)


def queued(writer: OrderWriter, count: int) -> None:
    wait_until(lambda: writer.queued == count)


def test_a_request_alone_is_stored_alone(database):
    with writer_of(database) as writer:
        assert place(writer, "a", timeout=20) == ["a placed"]


def test_requests_that_wait_share_a_transaction_and_each_gets_its_own_outcome(database):
    database.open.clear()
    with writer_of(database) as writer, ThreadPoolExecutor(20) as pool:
        first = submit(pool, writer, "first")
        wait_until(lambda: database.batches)
        rest = [submit(pool, writer, f"{n}a", f"{n}b") for n in range(10)]
        queued(writer, 10)
        database.open.set()

        assert first.result() == ["first placed"]
        assert [future.result() for future in rest] == [[f"{n}a placed", f"{n}b placed"] for n in range(10)]
        assert [len(batch) for batch in database.batches] == [1, 20]


def test_with_two_threads_another_transaction_begins_while_one_is_under_way(database):
    database.open.clear()
    with writer_of(database, threads=2) as writer, ThreadPoolExecutor(20) as pool:
        first = submit(pool, writer, "first")
        wait_until(lambda: len(database.batches) == 1)
        second = submit(pool, writer, "second")
        wait_until(lambda: len(database.batches) == 2)
        third = submit(pool, writer, "third")
        queued(writer, 1)
        database.open.set()

        assert [each.result() for each in (first, second, third)] == [
            ["first placed"],
            ["second placed"],
            ["third placed"],
        ]


def test_stopping_stores_what_is_queued_and_ends_both_threads(database):
    def order_writers() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name == "order-writer"}

    others = order_writers()
    database.open.clear()
    with writer_of(database, threads=2) as writer, ThreadPoolExecutor(20) as pool:
        under_way = []
        for number in (1, 2):
            under_way.append(submit(pool, writer, str(number)))
            wait_until(lambda number=number: len(database.batches) == number)
        waiting = [submit(pool, writer, f"waiting {n}") for n in range(3)]
        queued(writer, 3)
        assert len(order_writers() - others) == 2
        stop = pool.submit(writer.stop, timeout=20)
        wait_until(lambda: writer.queued == 5)  # three submissions, and the word to stop for each thread
        database.open.set()
        stop.result()

        assert all(each.result() for each in (*under_way, *waiting))
        assert order_writers() <= others


def test_each_transaction_is_measured_also_one_that_fails(database):
    def measured() -> list[float]:
        names = ("orders_count", "orders_sum", "wait_seconds_count", "duration_seconds_count")
        return [REGISTRY.get_sample_value(f"orderflow_group_commit_{name}") or 0.0 for name in names]

    before = measured()
    database.fails = lambda drafts: OperationalError("connection refused") if "bad" in drafts else None
    with writer_of(database) as writer:
        place(writer, "a", "b", "c")
        with pytest.raises(OperationalError):
            place(writer, "bad")

    assert [now - then for now, then in zip(measured(), before, strict=True)] == [2, 4, 2, 2]


def test_a_batch_has_a_limit(database):
    database.open.clear()
    with writer_of(database, batch_lines=4) as writer, ThreadPoolExecutor(20) as pool:
        submit(pool, writer, "first")
        wait_until(lambda: database.batches)
        rest = [submit(pool, writer, str(n)) for n in range(10)]
        queued(writer, 10)
        database.open.set()
        for future in rest:
            future.result()

    assert [len(batch) for batch in database.batches] == [1, 4, 4, 2]


def test_one_bad_order_does_not_fail_those_it_waited_with(database):
    database.open.clear()
    database.fails = lambda drafts: IntegrityError("bad") if "bad" in drafts else None
    with writer_of(database) as writer, ThreadPoolExecutor(20) as pool:
        submit(pool, writer, "first")
        wait_until(lambda: database.batches)
        good, bad, good_too = [submit(pool, writer, draft) for draft in ("good", "bad", "too")]
        queued(writer, 3)
        database.open.set()

        assert good.result() == ["good placed"]
        assert good_too.result() == ["too placed"]
        with pytest.raises(IntegrityError):
            bad.result()


# Of the kind of tilezen/tilequeue#131: an exception of the thread, and whoever waited for its results went on waiting.
@pytest.mark.timeout(60)
def test_an_error_of_the_program_while_orders_are_tried_alone_leaves_nobody_waiting(database):
    """Those behind it were told nothing, until their time was up, and then that they might have been stored."""

    def fails(drafts):
        if len(drafts) > 1:
            return IntegrityError("one of them")
        return MemoryError() if drafts[0] == "2" else None

    database.open.clear()
    database.fails = fails
    with writer_of(database) as writer, ThreadPoolExecutor(20) as pool:
        first = submit(pool, writer, "first")
        wait_until(lambda: database.batches)
        rest = []
        for number in range(5):
            rest.append(submit(pool, writer, str(number), timeout=20))
            queued(writer, number + 1)
        database.open.set()

        assert first.result() == ["first placed"]
        assert [type(each.exception()) for each in rest] == [type(None), type(None), *[MemoryError] * 3]
        assert place(writer, "later") == ["later placed"]


def test_with_the_database_away_nobody_is_tried_one_by_one(database):
    database.open.clear()
    database.fails = lambda drafts: OperationalError("connection refused")
    with writer_of(database) as writer, ThreadPoolExecutor(20) as pool:
        futures = [submit(pool, writer, "first")]
        wait_until(lambda: database.batches)
        futures += [submit(pool, writer, str(n)) for n in range(5)]
        queued(writer, 5)
        database.open.set()
        for future in futures:
            with pytest.raises(OperationalError):
                future.result()

    assert len(database.batches) == 2


@pytest.mark.parametrize("code", ["55P03", "57014"])
def test_with_a_table_locked_or_a_slow_disk_no_more_than_one_waits_for_it_again(database, code):
    database.open.clear()
    database.fails = lambda drafts: too_late(code)
    with writer_of(database) as writer, ThreadPoolExecutor(20) as pool:
        submit(pool, writer, "first")
        wait_until(lambda: database.batches)
        tried = submit(pool, writer, "tried again")
        queued(writer, 1)
        others = [submit(pool, writer, str(n)) for n in range(4)]
        queued(writer, 5)
        database.open.set()

        with pytest.raises(OperationalError):
            tried.result()
        for future in others:
            with pytest.raises(Overloaded):
                future.result()

    assert [len(batch) for batch in database.batches] == [1, 5, 1]


def test_an_order_that_meets_a_lock_does_not_fail_those_before_it(database):
    database.open.clear()
    database.fails = lambda drafts: too_late("55P03") if "key of another" in drafts else None
    with writer_of(database) as writer, ThreadPoolExecutor(20) as pool:
        submit(pool, writer, "first")
        wait_until(lambda: database.batches)
        good = submit(pool, writer, "good")
        queued(writer, 1)
        met = submit(pool, writer, "key of another")
        queued(writer, 2)
        database.open.set()

        assert good.result() == ["good placed"]
        with pytest.raises(OperationalError):
            met.result()


def too_late(code: str) -> DatabaseError:
    """PostgreSQL's error after a lock timeout or a statement timeout."""
    return from_server(OperationalError("canceling statement due to a timeout"), code)


def from_server(error: DatabaseError, code: str) -> DatabaseError:
    error.__cause__ = FromServer(code)
    return error


class FromServer(Exception):
    def __init__(self, code: str) -> None:
        super().__init__()
        self.pgcode = code


def test_with_a_database_that_takes_no_changes_nobody_is_tried_again_alone(database):
    database.open.clear()
    database.fails = lambda drafts: from_server(InternalError("cannot execute INSERT"), "25006")
    with writer_of(database) as writer, ThreadPoolExecutor(20) as pool:
        futures = [submit(pool, writer, "first")]
        wait_until(lambda: database.batches)
        for number in range(3):
            futures.append(submit(pool, writer, str(number)))
        queued(writer, 3)
        database.open.set()

        for future in futures:
            with pytest.raises(InternalError):
                future.result()

    assert [len(batch) for batch in database.batches] == [1, 3]


def test_a_full_queue_refuses_at_once(database):
    database.open.clear()
    with writer_of(database, queue_size=2) as writer, ThreadPoolExecutor(20) as pool:
        submit(pool, writer, "first")
        wait_until(lambda: database.batches)
        waiting = [submit(pool, writer, str(n)) for n in range(2)]
        queued(writer, 2)

        with pytest.raises(Overloaded):
            place(writer, "one too many", timeout=20)
        database.open.set()
        assert [future.result() for future in waiting] == [["0 placed"], ["1 placed"]]


def test_an_order_that_waited_too_long_in_the_queue_is_taken_back(database):
    database.open.clear()
    with writer_of(database) as writer, ThreadPoolExecutor(20) as pool:
        first = submit(pool, writer, "first")
        wait_until(lambda: database.batches)

        with pytest.raises(Overloaded):
            place(writer, "late", timeout=0.01)
        database.open.set()
        first.result()
        assert place(writer, "next", timeout=20) == ["next placed"]

    assert [draft for batch in database.batches for draft in batch] == ["first", "next"]


def test_an_order_whose_commit_takes_too_long_has_an_unknown_outcome(database):
    database.open.clear()
    with writer_of(database) as writer, ThreadPoolExecutor(20) as pool:
        answer = submit(pool, writer, "slow", timeout=0.3)
        wait_until(lambda: database.batches)

        with pytest.raises(OutcomeUnknown):
            answer.result()


def test_stopping_stores_what_is_queued(database):
    database.open.clear()
    with writer_of(database) as writer, ThreadPoolExecutor(20) as pool:
        futures = [submit(pool, writer, str(n)) for n in range(10)]
        wait_until(lambda: database.batches)
        queued(writer, 10 - len(database.batches[0]))
        stopper = pool.submit(writer.stop, timeout=20)
        database.open.set()
        stopper.result()

        assert sorted(future.result()[0] for future in futures) == sorted(f"{n} placed" for n in range(10))


def test_a_fault_of_ours_is_the_answer_of_those_who_met_it_and_the_writer_goes_on(database):
    database.fails = lambda drafts: KeyError("a fault of ours") if "fault" in drafts else None
    with writer_of(database) as writer:
        with pytest.raises(KeyError):
            place(writer, "fault", timeout=20)

        assert place(writer, "next", timeout=20) == ["next placed"]
