"""Concurrent transactions, each on a connection of its own."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

from tests.waiting import wait_until

Work = Callable[[], object]

# In this test's own database: others of the same server have tests that wait, too.
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
_WAITING_FOR_ME = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def at_once(works: Iterable[Work]) -> None:
    """Call each function in a thread of its own; raises the error of one that failed."""
    works = list(works)
    with ThreadPoolExecutor(len(works)) as pool:
        for future in [pool.submit(_in_transaction, work) for work in works]:
            future.result()


def one_after_the_other(first: Work, second: Work, *, then: Work | None = None, first_rolls_back: bool = False) -> None:
    """End the transaction of `first` when `second`, begun meanwhile, waits for it; fails if it does not have to.

    Args:
        then: what `first` goes on to do in its transaction while `second` waits.
    """
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            future = pool.submit(_in_transaction, second)
            wait_until(lambda: future.done() or somebody_waits(), what="the second waits for the first")
            assert not future.done(), "the second did not wait for the first"
            if then:
                then()
            transaction.set_rollback(first_rolls_back)
        future.result()


def _in_transaction(work: Work) -> None:
    try:
        with transaction.atomic():
            work()
    finally:
        connection.close()


def somebody_waits() -> bool:
    """Whether another connection waits for a lock of this one's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING_FOR_ME)
        return bool(cursor.fetchone()[0])


def somebody_waits_for_a_lock() -> bool:
    """Whether any transaction of this database waits for another one, whoever's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees it as it was at first
        cursor.execute(_WAITING)
        return bool(cursor.fetchone()[0])
