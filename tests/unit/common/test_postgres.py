"""What PostgreSQL's errors mean, by their SQLSTATE."""

import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, ProgrammingError

from common.postgres import is_collision, is_outage


class _Caused(Exception):
    def __init__(self, pgcode: str | None) -> None:
        self.pgcode = pgcode


def with_code(error: Exception, code: str | None) -> Exception:
    error.__cause__ = _Caused(code)
    return error


@pytest.mark.parametrize("code", ["57P01", "53300", "08006"])
def test_a_server_that_is_away_is_an_outage(code):
    assert is_outage(with_code(OperationalError(), code))


@pytest.mark.parametrize("error", [InterfaceError(), with_code(OperationalError(), None)])
def test_a_lost_connection_is_an_outage(error):
    assert is_outage(error)


@pytest.mark.parametrize("code", ["40001", "40P01", "55P03", "25P03"])
def test_work_that_met_other_work_is_a_collision_and_no_outage(code):
    error = with_code(OperationalError(), code)

    assert is_collision(error)
    assert not is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        with_code(IntegrityError(), "23505"),
        with_code(DataError(), "22001"),
        with_code(ProgrammingError(), "42P01"),
        with_code(OperationalError(), "57014"),
        ValueError(),
    ],
)
def test_errors_about_the_work_are_neither(error):
    assert not is_outage(error)
    assert not is_collision(error)
