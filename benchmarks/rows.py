"""What an order writes: rows of each table, how many of its changes touch no index, and bytes of WAL. Counts, no times.

    .venv/bin/python -m benchmarks.rows
    .venv/bin/python -m benchmarks.rows --sql "ALTER TABLE orders_order SET (fillfactor = 100)"

Orders are placed by eight clients while everything runs. `--sql` changes something first, to be compared with a run
without it.
"""

import argparse
import sys
import time
from collections.abc import Sequence

from benchmarks.chain import wait_for_consumers
from benchmarks.command_line import run_command
from benchmarks.instance import Instance, instance
from benchmarks.load import run_load
from benchmarks.orders import single_bodies
from benchmarks.servers import running_servers
from benchmarks.template import build_template
from devstack.console import Say

CLIENTS = 8
REPORTED_AFTER = 11.0  # seconds: a session of PostgreSQL tells what it counted ten seconds after its last statement
COUNTS = """
    SELECT relname, n_tup_ins, n_tup_upd, n_tup_hot_upd, n_tup_newpage_upd, n_tup_del
    FROM pg_stat_user_tables
    WHERE n_tup_ins + n_tup_upd + n_tup_del > %s
    ORDER BY n_tup_ins + n_tup_upd + n_tup_del DESC
"""
HEADER = ("table", "inserted", "changed", "in no index", "to another page", "deleted")


def count(orders: int, changes: Sequence[str], say: Say) -> int:
    """Print; returns the exit status.

    Raises:
        BenchmarkError, DevstackError: something did not work.
    """
    with running_servers(say) as servers:
        say("Preparing the database")
        token = build_template(servers)
        with instance(servers, token, "rows") as ours:
            with ours.database.cursor() as cursor:
                for change in changes:
                    cursor.execute(change)
            wait_for_consumers(ours)
            wal = _wal(ours)
            say(f"{orders} orders by {CLIENTS} clients")
            run_load(ours.load("/orders", single_bodies(), clients=CLIENTS, requests=orders, key_prefix="rows-"))
            ours.wait_settled()
            wal = _wal(ours) - wal
            time.sleep(REPORTED_AFTER)
            print(f"{wal / orders:,.0f} bytes of WAL an order; rows an order:\n")
            _print_counts(ours, orders)
    return 0


def _wal(ours: Instance) -> int:
    """How many bytes of WAL were written, ever."""
    return ours.value("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")


def _print_counts(ours: Instance, orders: int) -> None:
    with ours.database.cursor() as cursor:
        cursor.execute(COUNTS, [orders / 10])
        print("| " + " | ".join(HEADER) + " |\n|" + "---|" * len(HEADER))
        for table, *counts in cursor.fetchall():
            print(f"| {table} | " + " | ".join(f"{count / orders:.2f}" for count in counts) + " |")


def main() -> int:
    """The exit status: 0, or 2 after an error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rows", description="See benchmarks/README.md.")
    parser.add_argument("--orders", type=int, default=3000, help="to be placed (%(default)s)")
    parser.add_argument("--sql", action="append", default=[], metavar="STATEMENT", help="executed before")
    chosen = parser.parse_args()
    return run_command(lambda say: count(chosen.orders, chosen.sql, say), name="rows")


if __name__ == "__main__":
    sys.exit(main())
