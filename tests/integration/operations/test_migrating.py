"""`manage.py migrate` on a database that others use: it has no limits of time, and keeps nobody waiting for long."""

from contextlib import contextmanager
from io import StringIO
from threading import Timer

import pytest
from django.core.management import call_command
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def all_applied_afterwards():
    yield
    call_command("migrate", verbosity=0)


@contextmanager
def held_for(seconds, *statements):
    """Hold what the statements take, in a transaction of somebody else."""
    holder = connection.copy()
    holder.set_autocommit(False)
    with holder.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    timer = Timer(seconds, holder.connection.rollback)
    timer.start()
    try:
        yield
    finally:
        timer.join()
        holder.close()


def migrate(*target):
    """Migrate by a session whose limits are shorter than each wait of these tests; returns what it printed."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '300ms'; SET lock_timeout = '200ms'")
    output = StringIO()
    call_command("migrate", *target, stdout=output)
    return output.getvalue()


def setting(name):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


def test_a_table_that_another_transaction_has_locked_is_waited_for():
    """saleor/saleor#18430, PostHog/posthog#59096: a migration met locks of others, and ended."""
    before = setting("statement_timeout"), setting("lock_timeout")

    with held_for(2, "LOCK TABLE orders_order IN SHARE UPDATE EXCLUSIVE MODE"):
        printed = migrate("orders", "0011")

    assert "Waiting for a lock that another transaction has. The oldest one is" in printed
    assert printed.endswith("Unapplying orders.0012_room_for_steps... OK\n")
    assert (setting("statement_timeout"), setting("lock_timeout")) == before


def test_an_index_waits_for_a_transaction_that_is_open_and_is_made_once():
    """A dump has one open for hours: each attempt that gives up waiting for it would build the index in vain."""
    with held_for(2, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM orders_order"):
        printed = migrate("orders", "0010")

    assert "Waiting" not in printed
    assert printed.endswith("Unapplying orders.0011_lines_by_sku... OK\n")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid")
        assert cursor.fetchone() == (0,)
