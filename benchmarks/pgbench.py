"""The baseline: pgbench, PostgreSQL's load generator in C, with the inserts of one order.

It inserts an order, three lines and an outbox row in one transaction, into tables with the same columns, types,
constraints and indexes as the product's, in the same database. They are copies, so that no publisher sends the rows.
There is no HTTP, no JSON, no authentication, no price, no idempotency record and no Kafka.
"""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.errors import BenchmarkError
from devstack.postgres.server import program

SCRIPT = Path(__file__).with_name("pgbench.sql")
TABLES = ("orders_order", "orders_orderline", "messaging_outboxmessage")

# LIKE copies all but foreign keys.
MIRROR = """
    CREATE SCHEMA pgbench;
    CREATE TABLE pgbench.orders_order (LIKE public.orders_order INCLUDING ALL);
    CREATE TABLE pgbench.orders_orderline (LIKE public.orders_orderline INCLUDING ALL);
    CREATE TABLE pgbench.messaging_outboxmessage (LIKE public.messaging_outboxmessage INCLUDING ALL);
    ALTER TABLE pgbench.orders_orderline ADD FOREIGN KEY (order_id) REFERENCES pgbench.orders_order (id)
        DEFERRABLE INITIALLY DEFERRED;
"""

_RATE = re.compile(r"^tps = ([0-9.]+) ", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: 0 ", re.MULTILINE)


def run_pgbench(database_url: str, *, clients: int, seconds: float) -> float:
    """Transactions a second.

    Raises:
        BenchmarkError: pgbench failed, or a transaction did.
    """
    url = urlsplit(database_url)
    child = subprocess.run(
        [
            str(program("pgbench")),
            *("--no-vacuum", "--protocol=prepared", f"--file={SCRIPT}"),
            *(f"--client={clients}", "--jobs=1", f"--time={round(seconds)}"),
            *("--host", str(url.hostname), "--port", str(url.port), "--username", str(url.username), url.path[1:]),
        ],
        env={**os.environ, "PGPASSWORD": url.password or "", "PGOPTIONS": "-c search_path=pgbench"},
        capture_output=True,
        text=True,
        check=False,
    )
    rate = _RATE.search(child.stdout)
    if child.returncode or rate is None or not _FAILED.search(child.stdout):
        raise BenchmarkError(f"pgbench failed: {child.stderr.strip() or child.stdout}")
    return float(rate[1])
