"""Audits during traffic: they find no violations, and block nobody."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from operations.audit import run as audit_run
from operations.audit import scopes
from operations.audit.registry import CHECKS
from operations.audit.run import audit
from orders.models import Order
from tests.integration.audit.corruptions import FIVE_MINUTES, NONE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _small_ranges(monkeypatch):
    """Make ranges small, so that a few orders are in several."""
    monkeypatch.setattr(scopes, "ORDERS_AT_ONCE", 2)
    monkeypatch.setattr(scopes, "MANY_ORDERS_AT_ONCE", 3)
    monkeypatch.setattr(scopes, "RESPONSES_AT_ONCE", 2)
    monkeypatch.setattr(scopes, "MOVEMENTS_AT_ONCE", 2)


def elsewhere(work: Callable[[], object]) -> None:
    """Call a function on a connection of its own, and commit."""

    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    errors: list[BaseException] = []
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


# dvarrazzo/pg_seldump#13: read one after the other without a common snapshot, rows refer to others that are not there.
def test_what_is_committed_between_two_statements_breaks_no_promise(busy_shop):
    """An order goes a step between any two of them."""
    steps = 0

    def go_on(done: int, _all: int) -> None:
        nonlocal steps
        steps += 1
        place = busy_shop.place_once if done % 2 else busy_shop.place_in_bulk
        elsewhere(lambda: place(f"k{steps}", PIN=1, TEA=steps % 9 + 1))
        elsewhere(lambda: busy_shop.deliver(("inventory", "orders", "invoicing")[done % 3]))

    found = audit(waiting_limit=FIVE_MINUTES, progress=go_on)

    assert found.broken == [], str(found)
    assert steps > len(CHECKS)
    assert {"placed", "confirmed", "rejected"} == set(Order.objects.values_list("status", flat=True))


def test_audits_in_a_loop_while_orders_flow_find_nothing(shop, monkeypatch):
    """Whatever the moment of a statement is in the course of a transaction of others."""
    monkeypatch.setattr(scopes, "ORDERS_AT_ONCE", 30)
    monkeypatch.setattr(scopes, "MANY_ORDERS_AT_ONCE", 50)
    monkeypatch.setattr(scopes, "RESPONSES_AT_ONCE", 30)
    monkeypatch.setattr(scopes, "MOVEMENTS_AT_ONCE", 50)

    def flow() -> None:
        for number in range(60):
            shop.place_once(f"k{number}", MUG=1, PIN=number % 3 + 1)
            shop.place(TEA=number % 9 + 1)
            shop.deliver(("inventory", "orders", "invoicing")[number % 3])

    traffic = threading.Thread(target=elsewhere, args=[flow])
    traffic.start()
    audits = [audit(waiting_limit=FIVE_MINUTES)]
    while traffic.is_alive():
        audits.append(audit(waiting_limit=FIVE_MINUTES))
    traffic.join()
    assert [found.broken for found in audits] == [[]] * len(audits)

    shop.settle()
    final = audit(waiting_limit=NONE)
    assert (final.broken, final.orders, final.pending["unanswered"]) == ([], 120, 0)
    assert {"confirmed", "rejected"} == set(Order.objects.values_list("status", flat=True))


# OPMDG/check_pgactivity#201, pganalyze/pganalyze-docs#154: one old snapshot, and vacuum can't clean up anywhere.
def test_no_snapshot_outlives_its_statement(busy_shop):
    """Between any two statements another connection sees that this one has no transaction, and so no snapshot."""
    (own,) = one_row("SELECT pg_backend_pid()")
    held: list[object] = []

    def look(_done: int, _all: int) -> None:
        elsewhere(
            lambda: held.extend(
                one_row("SELECT coalesce(backend_xmin, backend_xid) FROM pg_stat_activity WHERE pid = %s", own)
            )
        )

    audit(waiting_limit=FIVE_MINUTES, progress=look)

    assert len(held) > len(CHECKS)
    assert set(held) == {None}


def one_row(sql: str, *parameters: object) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


def test_it_can_write_nothing(busy_shop, monkeypatch):
    sql = "SELECT '' AS id, nextval('inventory_stockmovement_id_seq')::text AS detail"
    writing = [type(CHECKS[0])("writes", "", CHECKS[0].scope, sql)]
    monkeypatch.setattr(audit_run, "CHECKS", writing)

    with pytest.raises(Exception, match="read-only"):
        audit(waiting_limit=timedelta())
