"""Statements that a session executes often are prepared, and what may become of them there.

Reports of others: prisma/orm#21877, vibeunion/supacloud#537 (statements that a reset of the session took away),
npgsql/npgsql#4015, pgjdbc/r2dbc-postgresql#382, upper/bond#8 (a column was made longer meanwhile: each use fails, for
good), timescale/timescaledb#2594 (a plan that fits no longer).
"""

from collections.abc import Iterator

import pytest
from django.db import ProgrammingError, connection, transaction

from common import prepared_statements
from common.postgres import is_outage
from common.prepared_statements import PreparedStatementLost
from common.sql import execute, execute_once

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "SELECT %(number)s + 1, 100 %% 7"


@pytest.fixture(autouse=True)
def _as_in_production(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(prepared_statements, "USES_BEFORE", 5)
    connection.close()  # what other tests have prepared goes with its session
    yield
    connection.close()  # and what these have made


def prepared() -> list[str]:
    return [statement for (statement,) in execute_once("SELECT statement FROM pg_prepared_statements")]


def test_a_statement_is_prepared_once_it_was_executed_a_few_times():
    for number in range(5):
        assert execute(ADD, number=number) == [(number + 1, 2)]
    assert prepared() == []
    assert [execute(ADD, number=number) for number in (5, 6)] == [[(6, 2)], [(7, 2)]]
    assert [statement.endswith("SELECT $1 + 1, 100 % 7") for statement in prepared()] == [True]


def test_none_is_prepared_where_the_setting_is_off(settings):
    settings.DATABASE_PREPARED_STATEMENTS = False
    assert [execute(ADD, number=1) for _ in range(10)] == [[(2, 2)]] * 10
    assert prepared() == []


def test_a_list_is_of_the_type_that_the_statement_casts_it_to():
    sql = """
        SELECT count(*) FROM unnest(%(ids)s::uuid[], %(words)s::text[]) AS each (id, word)
        WHERE id = ANY(%(ids)s::uuid[])
    """
    ids = ["01a2228d-9ed9-70f9-ae4d-ae8db78e74da"]
    assert [execute(sql, ids=ids, words=["it's"]) for _ in range(7)] == [[(1,)]] * 7
    assert execute(sql, ids=[], words=[]) == [(0,)]


def test_a_statement_without_parameters_is_prepared_too():
    assert [execute("SELECT 1") for _ in range(7)] == [[(1,)]] * 7
    assert len(prepared()) == 1


def test_a_plan_that_was_made_while_a_table_was_small_does_not_last(monkeypatch):
    for _ in range(15):
        execute(ADD, number=1)
    assert plans() == 10
    monkeypatch.setattr(prepared_statements, "KEPT_FOR", 0.0)
    execute(ADD, number=1)
    assert plans() == 1


def plans() -> int:
    """How often the one prepared statement was executed since it was prepared."""
    ((number,),) = execute_once("SELECT generic_plans + custom_plans FROM pg_prepared_statements")
    return int(number)


def test_a_session_that_was_reset_is_an_outage_of_a_moment():
    for _ in range(6):
        execute(ADD, number=1)
    execute_once("DEALLOCATE ALL")
    with pytest.raises(PreparedStatementLost, match="does not exist") as raised:
        execute(ADD, number=1)
    assert is_outage(raised.value)
    assert [execute(ADD, number=1) for _ in range(7)] == [[(2, 2)]] * 7
    assert len(prepared()) == 1


def test_a_migration_that_changes_a_column_costs_a_session_one_failure():
    execute_once("CREATE TEMPORARY TABLE changing AS SELECT 'text'::varchar(10) AS word, 1 AS number")
    sql = "SELECT word, number FROM changing WHERE number = %(number)s"
    for _ in range(6):
        assert execute(sql, number=1) == [("text", 1)]
    execute_once("ALTER TABLE changing ADD COLUMN other text")
    assert execute(sql, number=1) == [("text", 1)]
    execute_once("ALTER TABLE changing ALTER COLUMN word TYPE varchar(20)")
    with pytest.raises(PreparedStatementLost) as raised:
        execute(sql, number=1)
    assert is_outage(raised.value)
    for _ in range(7):
        assert execute(sql, number=1) == [("text", 1)]


def test_what_was_prepared_in_a_transaction_that_failed_is_prepared_still():
    for _ in range(5):
        execute(ADD, number=1)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        execute(ADD, number=1)
        raise ZeroDivisionError
    assert execute(ADD, number=1) == [(2, 2)]


def test_a_statement_that_could_not_be_prepared_is_tried_again():
    sql = "SELECT number FROM to_come WHERE number = %(number)s"
    for _ in range(7):
        with pytest.raises(ProgrammingError, match="to_come"):
            execute(sql, number=1)
    execute_once("CREATE TEMPORARY TABLE to_come AS SELECT 1 AS number")
    assert execute(sql, number=1) == [(1,)]


def test_a_new_session_prepares_its_own():
    for _ in range(6):
        execute(ADD, number=1)
    connection.close()
    assert execute(ADD, number=1) == [(2, 2)]
    assert prepared() == []
