"""Settings of the role, the database or the server that are not the product's: `transaction_timeout`, from PostgreSQL
17 on, and the isolation of transactions.

Reports of others: ankane/strong_migrations#302 and vitabaks/pg_auto_reindexer#19 (limits for statements alone are no
help: transactions were ended all the same), getsentry/sentry#84362 (an outbox whose transactions time out each time is
stuck).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _two_seconds() -> Iterator[None]:
    """A limit for all new connections to this database."""
    if connection.pg_version < 170000:
        pytest.skip("PostgreSQL before 17 has no transaction_timeout")
    with default_of_the_database("transaction_timeout", "2s"):
        yield


@contextmanager
def default_of_the_database(setting: str, value: str) -> Iterator[None]:
    """What new connections to this database begin with."""
    database = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {database} SET {setting} = '{value}'")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {database} RESET {setting}")


@contextmanager
def new_connection(options: str = "") -> Iterator[Any]:
    other = connection.copy()
    other.settings_dict["OPTIONS"] = other.settings_dict["OPTIONS"] | {"options": options}
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()


def limit_of(cursor: Any) -> str:
    cursor.execute("SHOW transaction_timeout")
    return str(cursor.fetchone()[0])


@pytest.mark.usefixtures("_two_seconds")
def test_a_limit_of_the_database_does_not_hold_for_the_product():
    with new_connection() as cursor:
        assert limit_of(cursor) == "0"


@pytest.mark.usefixtures("_two_seconds")
def test_a_limit_in_database_url_holds():
    with new_connection("-c transaction_timeout=7s") as cursor:
        assert limit_of(cursor) == "7s"


def test_an_isolation_level_of_the_database_is_not_the_products():
    """kagkarlsson/db-scheduler#295, aaugustin/django-sequences#22: the default of an installation."""
    with default_of_the_database("default_transaction_isolation", "repeatable read"), new_connection() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("read committed",)
