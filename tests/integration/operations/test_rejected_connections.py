"""Connections that a real server rejects: every command prints one line, without a password."""

import secrets

import pytest
from django.db import connection

from tests.commands import database_url, manage

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "hunter2"


@pytest.fixture
def role():
    """A role with a connection limit of 0."""
    name = f"of_test_{secrets.token_hex(4)}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 0")
        yield name
        cursor.execute(f"DROP ROLE {name}")


@pytest.mark.parametrize("command", ["audit_pipeline", "dead_letters list", "create_api_client x", "migrate"])
def test_a_wrong_password_is_told_as_a_refused_log_in(command):
    done = manage(*command.split(), DATABASE_URL=database_url(PASSWORD=PASSWORD))

    assert (done.returncode, done.stdout) == (1, "")
    assert "PostgreSQL refuses the log-in: check user and password in DATABASE_URL: " in done.stderr
    assert done.stderr.count("\n") == 1
    assert PASSWORD not in done.stderr


@pytest.mark.parametrize(
    ("changed", "options", "words"),
    [
        ({"USER": "nobody_of_this_name"}, "", "PostgreSQL refuses the log-in"),
        ({"NAME": "nothing_of_this_name"}, "", "the database of DATABASE_URL does not exist"),
        ({}, "?sslmode=require", "PostgreSQL and DATABASE_URL do not agree on TLS"),
        ({"HOST": "nowhere.invalid"}, "", "the host of DATABASE_URL is not known"),
        ({"PORT": "9"}, "", "PostgreSQL does not answer"),
    ],
)
def test_a_connection_that_fails_is_told_apart(changed, options, words):
    issuer = {f"INVOICE_ISSUER_{name}": "x" for name in ("NAME", "ADDRESS", "TAX_ID")}  # not only of this machine

    done = manage("audit_pipeline", DATABASE_URL=database_url(**changed) + options, **issuer)

    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_too_many_connections_are_no_server_that_does_not_answer(role):
    done = manage("audit_pipeline", DATABASE_URL=database_url(USER=role, PASSWORD=PASSWORD))

    assert done.returncode == 1
    assert "PostgreSQL has no connection left" in done.stderr
