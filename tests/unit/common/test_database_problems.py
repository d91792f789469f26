"""Errors of PostgreSQL and libpq as messages for operators."""

import pytest
from django.db import IntegrityError, InternalError, OperationalError, ProgrammingError

from common.database_problems import database_problem, message_of

FAILED = 'connection to server at "10.0.0.5", port 5432 failed: '


class _FromTheServer(Exception):
    def __init__(self, code: str) -> None:
        super().__init__()
        self.pgcode = code


def error(kind, message, code=None):
    raised = kind(message)
    raised.__cause__ = _FromTheServer(code) if code else None
    return raised


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Connection refused\n\tIs the server running?", "PostgreSQL does not answer"),
        ("timeout expired", "PostgreSQL does not answer"),
        ('FATAL:  password authentication failed for user "u"', "refuses the log-in"),
        ("fe_sendauth: no password supplied", "refuses the log-in"),
        ('FATAL:  role "u" does not exist', "refuses the log-in"),
        ('FATAL:  Peer authentication failed for user "u"', "refuses the log-in"),
        ('FATAL:  role "u" is not permitted to log in', "refuses the log-in"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "u", database "d", no encryption', "pg_hba.conf"),
        ('FATAL:  database "d" does not exist', "the database of DATABASE_URL does not exist"),
        ('FATAL:  permission denied for database "d"', "refuses this user the database"),
        ("FATAL:  sorry, too many clients already", "no connection left"),
        (
            "FATAL:  remaining connection slots are reserved for superusers",
            "no connection left",
        ),
        ('FATAL:  too many connections for role "u"', "no connection left"),
        ("server does not support SSL, but SSL was required", "do not agree on TLS"),
        ("SSL error: certificate verify failed", "do not agree on TLS"),
        ('server certificate for "a" does not match host name "b"', "do not agree on TLS"),
        ('root certificate file "/nonexistent/.postgresql/root.crt" does not exist', "do not agree on TLS"),
        ("session is read-only", "takes no changes"),
        ('could not translate host name "db" to address: Name or service not known', "is not known"),
        ("FATAL:  could not write init file: No space left on device", "the disk of PostgreSQL is full"),
        ("FATAL:  the database system is starting up", "PostgreSQL refuses the connection"),
        ("FATAL:  Passwort-Authentifizierung für Benutzer »u« fehlgeschlagen", "PostgreSQL refuses the connection"),
    ],
)
def test_a_connection_that_fails_says_why(message, words):
    problem = database_problem(error(OperationalError, FAILED + message))

    assert words in problem.partition(": connection to")[0]
    assert " ".join(message.split()) in problem
    assert "\n" not in problem


def test_a_server_that_ends_connections_is_not_one_that_does_not_answer():
    shutdown = error(OperationalError, "terminating connection due to administrator command\n", "57P01")

    assert database_problem(shutdown) == (
        "PostgreSQL does not work at the moment: terminating connection due to administrator command"
    )


def test_a_full_disk_is_called_so():
    full = error(OperationalError, 'could not extend file "base/5/1": No space left on device\nHINT:  look\n', "53100")

    assert database_problem(full) == (
        'the disk of PostgreSQL is full: could not extend file "base/5/1": No space left on device HINT: look'
    )


def test_a_database_that_takes_no_changes_is_called_so():
    read_only = error(InternalError, "cannot execute INSERT in a read-only transaction\n", "25006")

    assert database_problem(read_only) == (
        "PostgreSQL takes no changes here, at the moment: cannot execute INSERT in a read-only transaction"
    )


def test_a_statement_that_took_too_long_is_called_so():
    canceled = error(OperationalError, "canceling statement due to statement timeout\n", "57014")

    assert database_problem(canceled).endswith("too slow at the moment: canceling statement due to statement timeout")


@pytest.mark.parametrize(
    "quotation",
    ["LINE 1: ...SERT INTO t VALUES ('Jane', '1 Hidden Street'); LOCK other...\n" + " " * 60 + "^\n", "LINE 12: x"],
)
def test_the_piece_of_a_statement_that_postgresql_quotes_is_left_out(quotation):
    """celery/celery#9563, of values that a worker shows"""
    canceled = error(OperationalError, f"canceling statement due to lock timeout\n{quotation}", "55P03")

    assert message_of(canceled) == "canceling statement due to lock timeout"
    assert "LINE" not in database_problem(canceled)


def test_what_follows_a_quotation_stays():
    assert message_of(error(ProgrammingError, "no such thing\nLINE 1: x\n        ^\nHINT:  look", "42704")) == (
        "no such thing HINT: look"
    )


def test_tables_that_are_not_there_are_for_migrate():
    missing = error(ProgrammingError, 'relation "orders_order" does not exist', "42P01")

    assert database_problem(missing) == "the database is not migrated: manage.py migrate"


def test_any_other_error_is_one_line():
    assert database_problem(error(IntegrityError, "duplicate key\nDETAIL:  x", "23505")) == "duplicate key DETAIL: x"
