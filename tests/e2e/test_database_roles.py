"""The role that the running product has in PostgreSQL, and what it cannot do.

A product whose role owns its tables, or is a superuser, has triggers that hold nobody back: heypinchy/pinchy#826; and
TRUNCATE never meets them: CopilotKit/OpenBot#138.
"""

import psycopg2
import pytest
from psycopg2 import errors

TABLES = ("inventory_stockmovement", "invoicing_invoice", "invoicing_creditnote")
TRIGGERS = {
    "inventory_stockmovement": "stock_movement_append_only",
    "invoicing_invoice": "invoice_never_changes",
    "invoicing_creditnote": "credit_note_never_changes",
}
POWERS = [
    "CREATE ROLE x",
    "CREATE DATABASE x",
    "CREATE EXTENSION file_fdw",
    "SET session_replication_role = replica",
    "SET log_min_error_statement = error",
    "SET log_error_verbosity = default",
    "ALTER SYSTEM SET fsync = off",
    "ALTER ROLE orderflow_app SUPERUSER",
    "ALTER ROLE orderflow_app CREATEDB",
    "ALTER ROLE orderflow PASSWORD 'x'",
    "ALTER DATABASE orderflow SET default_transaction_read_only = on",
    "DROP DATABASE orderflow",
    "GRANT orderflow TO orderflow_app",
    "SET ROLE orderflow",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'orderflow'",
]
WRITTEN_ONCE = [
    "UPDATE inventory_stockmovement SET note = 'x'",
    "DELETE FROM inventory_stockmovement",
    "UPDATE invoicing_invoice SET number = 'x'",
    "DELETE FROM invoicing_invoice",
    "UPDATE invoicing_creditnote SET number = 'x'",
    "DELETE FROM invoicing_creditnote",
]
OWNERSHIP = [
    "SET ROLE orderflow_owner",
    "GRANT orderflow_owner TO orderflow_app",
    "CREATE TABLE x (y int)",
    "CREATE TEMPORARY TABLE orders_order (id int)",
    "CREATE SCHEMA x",
    "DROP SCHEMA public CASCADE",
    "CREATE FUNCTION x() RETURNS int LANGUAGE sql RETURN 1",
    "CREATE OR REPLACE FUNCTION inventory_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "DROP FUNCTION invoicing_refuse_change() CASCADE",
    "ALTER TABLE orders_order DROP CONSTRAINT order_total_is_net_plus_tax",
    "DROP TABLE orders_order CASCADE",
    *(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}" for table, trigger in TRIGGERS.items()),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in TABLES),
    *(f"DROP TRIGGER {trigger} ON {table}" for table, trigger in TRIGGERS.items()),
    *(f"CREATE TRIGGER x BEFORE INSERT ON {table} EXECUTE FUNCTION inventory_refuse_change()" for table in TABLES),
    *(f"CREATE RULE x AS ON UPDATE TO {table} DO INSTEAD NOTHING" for table in TABLES),
    *(f"ALTER TABLE {table} OWNER TO orderflow_app" for table in TABLES),
    *(f"TRUNCATE {table} CASCADE" for table in TABLES),
]


@pytest.fixture
def execute():
    """A function that runs a statement at a URL, and rolls it back."""

    def execute(url, statement):
        connection = psycopg2.connect(url)
        try:
            connection.autocommit = "DATABASE" in statement or "SYSTEM" in statement  # not in a transaction
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()

    return execute


def test_every_session_of_the_running_product_has_the_role_that_owns_nothing(system):
    system.invoiced(system.place().json()["id"])

    roles = system.query("SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'orderflow'")
    owned = system.query("SELECT relname FROM pg_class WHERE relowner = 'orderflow_app'::regrole")

    assert (roles, owned) == ([("orderflow_app",)], [])


@pytest.mark.parametrize("statement", [*POWERS, *OWNERSHIP])
def test_it_is_denied_what_could_change_tables_triggers_roles_or_logs(system, execute, statement):
    with pytest.raises(errors.InsufficientPrivilege):
        execute(system.postgres.url, statement)


@pytest.mark.parametrize("role", ["url", "owner_url"])
@pytest.mark.parametrize("statement", WRITTEN_ONCE)
def test_what_is_written_once_stays_as_it_is(system, execute, role, statement):
    with pytest.raises(errors.RestrictViolation):
        execute(getattr(system.postgres, role), statement)


@pytest.mark.parametrize("statement", [statement for statement in POWERS if "orderflow_app" not in statement])
def test_who_migrates_has_no_power_beyond_the_schema(system, execute, statement):
    with pytest.raises(errors.InsufficientPrivilege):
        execute(system.postgres.owner_url, statement)


def test_who_migrates_owns_the_schema_and_all_in_it_but_not_the_database(system):
    owner = "= 'public'::regnamespace AND {} <> 'orderflow_owner'::regrole"
    assert system.query(f"SELECT relname FROM pg_class WHERE relnamespace {owner.format('relowner')}") == []
    assert system.query(f"SELECT proname FROM pg_proc WHERE pronamespace {owner.format('proowner')}") == []
    assert system.query("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'") == [
        ("orderflow_owner",)
    ]
    assert system.query("SELECT datdba::regrole::text FROM pg_database WHERE datname = 'orderflow'") == [("orderflow",)]
