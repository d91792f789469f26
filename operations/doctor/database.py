"""PostgreSQL: whether it is there, as it should be, and what waits in it."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, Error, InterfaceError, connection
from django.utils import timezone

from common.database_problems import database_problem
from common.postgres import is_disk_full, is_read_only
from common.text import number_of
from messaging.dead_letters.selection import causes
from messaging.outbox.backlog import MOST_COUNTED, waiting_events
from operations.doctor.finding import Finding, Status, clock, ok, problem, unknown, warning
from operations.migration_state import migration_state
from operations.models import RetentionHorizon
from operations.monitoring.counts import (
    CAUSES_SHOWN,
    MOST_ORDERS,
    TOO_LONG,
    events_held_by_nothing,
    first_parked_reason,
    oldest_undecided_order,
    parked_events,
    undecided_orders,
)
from operations.retention.daily import DAY
from operations.retention.kinds import KINDS
from operations.retention.pruning import is_overdue

_MIN_VERSION, _AUDIT_VERSION = 14, 16  # versions: of Django, and of the audit
_LIMITS = "SET statement_timeout = 4000; SET lock_timeout = 1000"
_LONG_TRANSACTION = timedelta(minutes=30)
_PRUNED_WITHIN = timedelta(seconds=2 * DAY)

_SERVER = """
    SELECT current_setting('server_version_num')::integer / 10000, current_setting('server_version'), current_user,
        (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
        current_setting('max_connections')::integer, (SELECT count(*) FROM pg_stat_activity),
        pg_size_pretty(pg_database_size(current_database())),
        (SELECT max(clock_timestamp() - xact_start) FROM pg_stat_activity WHERE pid <> pg_backend_pid())
"""
_WITHOUT_RIGHTS = """
    SELECT string_agg(relname, ', ' ORDER BY relname)
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%(tables)s) AND NOT (
        has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
        AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')
    )
"""


# With one of these off PostgreSQL says that it has committed what a crash may take away.
_NOT_DURABLE = """
    SELECT string_agg(name, ', ' ORDER BY name) FROM pg_settings
    WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'
"""

# PostgreSQL tells nobody but superusers how much of its disk is free. A temporary file, which needs no right, takes as
# much of the disk under the database as the next file of WAL would, for a moment.
_TEMPORARY_FILE = """
    SET work_mem = '64kB'; SET temp_tablespaces = '';
    WITH pages AS MATERIALIZED (SELECT repeat('x', 1000) FROM generate_series(1, 16384)) SELECT count(*) FROM pages
"""


def look_at_database() -> Iterator[Finding]:
    """Findings about PostgreSQL; one only if it can't be reached. A check that fails does not end the others."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_LIMITS)
    except Error as error:
        yield _broken("postgresql", error)
        connection.close()
        return
    try:
        for check in _CHECKS:
            found = list(_as_findings(check))
            yield from found
            if any(each.check == "migrations" and each.status is Status.PROBLEM for each in found):
                return  # what comes now would be read from tables that are not there
    finally:
        connection.close()


def _as_findings(check: Any) -> Iterator[Finding]:
    try:
        yield from check()
    except (DatabaseError, InterfaceError) as error:
        yield unknown(check.__name__.strip("_").replace("_", " "), database_problem(error))


def _pooler() -> Iterator[Finding]:
    """A finding where a second connection gets the session of the first, which is open."""
    second = connection.copy()
    try:
        second.ensure_connection()
    except Error as error:
        yield _broken("postgresql", error)
    finally:
        second.close()


def _server() -> Iterator[Finding]:
    major, version, user, is_superuser, most, used, size, longest = _row(_SERVER)
    place = f"{connection.settings_dict['HOST'] or 'this machine'}, database {connection.settings_dict['NAME']}"
    yield ok("postgresql", f"version {version} at {place}, {size}")
    if major < _MIN_VERSION:
        yield problem("postgresql", f"version {version} is too old", f"upgrade to {_AUDIT_VERSION} or later")
    elif major < _AUDIT_VERSION:
        yield warning("postgresql", f"version {version}: audit_pipeline needs {_AUDIT_VERSION}", "upgrade")
    if is_read_only():
        yield problem("postgresql", "it takes no changes: this is a standby", "point DATABASE_URL at the primary")
    if is_superuser:
        yield warning("role", f"{user} is a superuser: triggers hold nothing", "see docs/decisions/0013")
    if used > most * 0.85:
        yield warning("connections", f"{used} of {most} are open", "raise max_connections, or run fewer processes")
    if longest is not None and longest > _LONG_TRANSACTION:
        yield warning(
            "transactions",
            f"one is open for {longest.total_seconds() / 60:.0f} min: vacuum can't clean up behind it",
            "end it: SELECT pid, query FROM pg_stat_activity ORDER BY xact_start",
        )


def _durability() -> Iterator[Finding]:
    (off,) = _row(_NOT_DURABLE)
    if off:
        detail = f"off: {off}. A crash takes accepted orders away"
        yield problem("durability", detail, "turn them on, for server, database and role: docs/postgresql.md")
    else:
        yield ok("durability", "what is committed is on disk")


def _disk_of_postgresql() -> Iterator[Finding]:
    """A full disk ends neither the server nor its sessions: it goes on reading, and takes nothing more."""
    try:
        _row(_TEMPORARY_FILE)
    except DatabaseError as error:
        if not is_disk_full(error):
            raise
        yield _broken("disk of postgresql", error)
    else:
        yield ok("disk of postgresql", "16 MiB could be written")


def _clock() -> Iterator[Finding]:
    began = time.time()
    (now,) = _row("SELECT extract(epoch FROM clock_timestamp())::float8")
    took = time.time() - began
    yield clock("clock of postgresql", now - began - took / 2, exact_to=took / 2)


def _migrations() -> Iterator[Finding]:
    state = migration_state()
    if state.missing:
        are_missing = number_of(len(state.missing), "is missing", "are missing")
        yield problem("migrations", f"{are_missing}, from {state.missing[0]} on", "manage.py prepare")
    elif state.newer:
        names = ", ".join(state.newer[:3])
        yield warning("migrations", f"the database is newer than this code: {names}", "is a roll-out under way?")
    else:
        yield ok("migrations", "all are applied")


def _rights() -> Iterator[Finding]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    (denied,) = _row(_WITHOUT_RIGHTS, {"tables": tables})
    if denied:
        yield problem("role", f"may not read and write {denied[:300]}", "run deploy/postgres/roles.sql")
    else:
        yield ok("role", "may read and write every table")


def _outbox() -> Iterator[Finding]:
    waiting, parked = waiting_events(), parked_events()
    waits_for_long = waiting.oldest_seconds > TOO_LONG.total_seconds()
    if waits_for_long:
        more = "over " if waiting.count == MOST_COUNTED else ""
        yield problem(
            "outbox",
            f"{more}{number_of(waiting.count, 'event waits', 'events wait')} for Kafka, the oldest for "
            f"{waiting.oldest_seconds} s",
            "is Kafka well, and relay_outbox running?",
        )
    if parked:
        yield problem(
            "outbox",
            f"{number_of(parked, 'event is', 'events are')} parked, which Kafka has refused for good; of the first: "
            f"{first_parked_reason()}",
            "mend that, then have them sent again: /admin/, outbox messages",
        )
    if not waits_for_long and not parked:
        yield ok("outbox", "no event waits for long")


def _dead_letters() -> Iterator[Finding]:
    """A finding for each cause, with the dead letter that was first."""
    found = causes(limit=CAUSES_SHOWN)
    for each in found:
        yield warning(
            "dead letters",
            f"{each.count} × {each.consumer} could not handle a message: {each.name}, the first is {each.first}",
            f"manage.py dead_letters show {each.first}",
        )
    if count := events_held_by_nothing():
        yield warning(
            "dead letters",
            f"{number_of(count, 'event waits', 'events wait')} behind dead letters that are settled",
            "manage.py dead_letters replay --all",
        )
    elif not found:
        yield ok("dead letters", "none waits for a person")


def _orders() -> Iterator[Finding]:
    if count := undecided_orders():
        least = "at least " if count >= MOST_ORDERS else ""
        waiting = number_of(count, "order waits", "orders wait")
        detail = f"{least}{waiting} for a decision of the stock for over {TOO_LONG.seconds} s"
        # A new Kafka, or one that deleted them, does not have the events that consumers had yet to read.
        lost = f"where no consumer has records waiting, manage.py republish_events --overdue {TOO_LONG.seconds}"
        yield warning("orders", detail, f"manage.py where {oldest_undecided_order()}; {lost}")
    else:
        yield ok("orders", "none waits for a decision for long")


def _prune() -> Iterator[Finding]:
    """Each kind counts by itself: of some nothing may be deleted, as long as topics are kept for longer than them.

    That one was gone through is noted before the first row goes, so its rows are looked at, too.
    """
    pruned_at = dict(RetentionHorizon.objects.values_list("kind", "pruned_at"))
    since, never = timezone.now() - _PRUNED_WITHIN, datetime.min.replace(tzinfo=UTC)
    late = [kind.name for kind in KINDS if kind.keep is not None and pruned_at.get(kind.name, never) < since]
    if not pruned_at:
        yield warning("prune", "it has never run: tables grow", "run `manage.py prune --daily`, or prune by cron")
    elif late:
        advice = "is `manage.py prune --daily` running, and what does its log say? By hand: manage.py prune"
        yield warning("prune", f"for two days it has not gone through {', '.join(late)}", advice)
    elif left := [kind.name for kind in KINDS if is_overdue(kind, by=_PRUNED_WITHIN)]:
        detail = f"rows that were due two days ago are still there: {', '.join(left)}"
        yield warning("prune", detail, "`manage.py prune` deletes them, or says what is in its way")
    else:
        yield ok("prune", "it went through everything within two days")


def _row(sql: str, parameters: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def _broken(check: str, error: Exception) -> Finding:
    words = database_problem(error)
    return problem(check, words, _advice(words))


def _advice(error: str) -> str:
    """What to do about a connection that failed, by the first words of `database_problem`."""
    advice = {
        "the host of": "mend the host in DATABASE_URL, or DNS",
        "PostgreSQL does not answer": "is the server running, and its port reachable from here?",
        "PostgreSQL refuses the log-in": "mend user or password in DATABASE_URL",
        "PostgreSQL refuses connections from here": "add this machine to pg_hba.conf",
        "the database of": "create it, or mend its name in DATABASE_URL",
        "PostgreSQL refuses this user": "run deploy/postgres/roles.sql",
        "PostgreSQL and DATABASE_URL do not agree": "mend sslmode and sslrootcert in DATABASE_URL",
        "the pooler of DATABASE_URL": "ignore_startup_parameters = options in pgbouncer.ini: docs/postgresql.md",
        "DATABASE_URL leads to a pooler": "pool_mode = session in pgbouncer.ini: docs/postgresql.md",
        "the disk of PostgreSQL is full": "make room on the server's disk: it goes on by itself, or start it again",
        "PostgreSQL has no connection left": "raise max_connections, or run fewer processes",
    }
    return next((what for words, what in advice.items() if error.startswith(words)), "")


_CHECKS = (
    _pooler,
    _server,
    _durability,
    _disk_of_postgresql,
    _clock,
    _migrations,
    _rights,
    _outbox,
    _dead_letters,
    _orders,
    _prune,
)
