"""Kinds of PostgreSQL errors, by SQLSTATE."""

import psycopg2.errors
import pytest
from django.db import DataError, IntegrityError, InterfaceError, InternalError, OperationalError, ProgrammingError

from common.postgres import is_canceled, is_collision, is_outage, is_unavailable


class _Caused(Exception):
    def __init__(self, pgcode: str | None) -> None:
        self.pgcode = pgcode


def with_code(error: Exception, code: str | None) -> Exception:
    error.__cause__ = _Caused(code)
    return error


def from_server(code: str) -> Exception:
    """An error as Django's wrapper makes it of what psycopg2 raises for a SQLSTATE: of whichever type that is."""
    cause = psycopg2.errors.lookup(code)
    kind = next(kind for kind in _DJANGOS if issubclass(cause, getattr(psycopg2, kind.__name__)))
    return with_code(kind(), code)


_DJANGOS = (DataError, OperationalError, IntegrityError, InternalError, ProgrammingError)

AWAY = {
    "connection": ("08000", "08001", "08003", "08004", "08006", "08P01"),
    "shortage": ("53000", "53100", "53200", "53300", "53400"),
    "shutdown": ("57P01", "57P02", "57P03", "57P04", "57P05"),
    "disk": ("58000", "58030", "58P01", "58P02", "XX001", "XX002"),
    # HikariCP#1802 (brettwooldridge/HikariCP), cloudnative-pg/cloudnative-pg#1254, keycloak/keycloak#22422
    "fail-over": ("25006",),
}


@pytest.mark.parametrize("code", [code for codes in AWAY.values() for code in codes])
def test_a_server_that_is_away_is_an_outage_whatever_the_type_of_its_error(code):
    error = from_server(code)

    assert is_outage(error)
    assert is_unavailable(error)
    assert not is_collision(error)


def test_a_statement_that_was_canceled_is_no_outage_and_may_succeed_later():
    """stackrox/stackrox#4716 took it for one, and ran the same for ever: a batch is to be split first."""
    error = from_server("57014")

    assert is_canceled(error)
    assert is_unavailable(error)
    assert not is_outage(error)
    assert not is_collision(error)


@pytest.mark.parametrize("error", [InterfaceError(), with_code(OperationalError(), None)])
def test_a_lost_connection_is_an_outage(error):
    assert is_outage(error)


@pytest.mark.parametrize("code", ["40001", "40003", "40P01", "55P03", "25P02", "25P03"])
def test_work_that_met_other_work_is_a_collision_and_no_outage(code):
    error = from_server(code)

    assert is_collision(error)
    assert is_unavailable(error)
    assert not is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        with_code(IntegrityError(), "23505"),
        with_code(DataError(), "22001"),
        with_code(ProgrammingError(), "42P01"),
        with_code(InternalError(), "25001"),
        with_code(InternalError(), "XX000"),
        ValueError(),
    ],
)
def test_errors_about_the_work_are_none_of_these(error):
    assert not is_unavailable(error)
