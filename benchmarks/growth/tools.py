"""What the commands for operators take: seconds from start to end, and the audit's longest transaction."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from psycopg2 import extensions

from benchmarks.growth.pages import Chosen
from benchmarks.instance import Instance
from benchmarks.servers import Servers
from devstack.errors import DevstackError
from devstack.product import manage

AUDIT = "audit_pipeline"
_WATCH_EVERY = 0.02  # seconds


@dataclass
class ToolTime:
    """`longest_snapshot` is the longest that a transaction of it lasted, in seconds, to 20 ms exactly."""

    seconds: float
    longest_snapshot: float
    ok: bool
    output: str = field(repr=False, default="")


def measure_tools(servers: Servers, ours: Instance, chosen: Chosen) -> dict[str, ToolTime]:
    """Each command, while nothing else is done. What all take to start is that of `check`."""
    commands = {
        "check": ("check",),
        "where, by id": ("where", chosen.order),
        "where, by reference": ("where", chosen.reference),
        "where, by invoice": ("where", chosen.invoice),
        "doctor": ("doctor",),
        "dead_letters list": ("dead_letters", "list"),
        "prune --dry-run": ("prune", "--dry-run"),
        "erase_customer --dry-run": ("erase_customer", chosen.customer, "--dry-run"),
        "export_orders": ("export_orders",),
        "export_invoices": ("export_invoices",),
        AUDIT: (AUDIT,),
    }
    return {name: _measure(servers, ours, name, arguments) for name, arguments in commands.items()}


def _measure(servers: Servers, ours: Instance, name: str, arguments: tuple[str, ...]) -> ToolTime:
    with _longest_transaction(servers, ours) as longest:
        began, ok = time.monotonic(), True
        try:
            output = servers.run(name.replace(" ", "-"), manage(*arguments), ours.environment)
        except DevstackError as error:  # an exit status that says that something was found
            output, ok = str(error), False
        seconds = time.monotonic() - began
    return ToolTime(round(seconds, 2), round(max(longest, default=0.0), 2), ok, output[-2000:])


@contextmanager
def _longest_transaction(servers: Servers, ours: Instance) -> Iterator[list[float]]:
    """A list that gets the ages of the oldest transactions during the block, but of those that were there before."""
    connection = servers.connect(ours.database.info.dbname)
    ages: list[float] = []
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=[connection, ages, ended])
    watch.start()
    try:
        yield ages
    finally:
        ended.set()
        watch.join()
        connection.close()


def _watch(connection: extensions.connection, ages: list[float], ended: threading.Event) -> None:
    query = """
        SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_start > %s
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (since,) = cursor.fetchone() or (None,)
        while not ended.wait(_WATCH_EVERY):
            cursor.execute(query, [since])
            row = cursor.fetchone()
            ages.append(row[0] if row else 0.0)
