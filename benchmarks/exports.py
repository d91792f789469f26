"""The memory that exports take: one client reads 200,000 rows, then four at once and one that reads slowly.

    .venv/bin/python -m benchmarks.exports

Only the web server runs beside PostgreSQL and Kafka. The exit status is 1 if an export took more than the target.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

from benchmarks.command_line import run_command
from benchmarks.errors import BenchmarkError
from benchmarks.instance import Instance, instance
from benchmarks.large_answers import Watch
from benchmarks.servers import running_servers
from benchmarks.template import build_template
from devstack.console import Say
from devstack.ports import LOOPBACK

ORDERS, LINES = 50_000, 4
CLIENTS = 4
MAX_MB = 60  # of the web server, more than at rest
SLOWLY = 20.0  # seconds in which the slow client reads nothing

_FILL = """
    WITH placed AS (
        INSERT INTO orders_order (id, client_id, customer_id, reference, source, status, currency, net, tax, total,
            taxes, allow_backorder, placed_at, invoice_number)
        SELECT gen_random_uuid(), (SELECT user_id FROM knox_authtoken LIMIT 1), 'C-1', 'PO-' || n, 'api', 'placed',
            'GBP', 10, 0, 10, '[]', false, now() - n * interval '1 second', ''
        FROM generate_series(1, %s) AS n
        RETURNING id
    ), lines AS (
        INSERT INTO orders_orderline (order_id, line_no, sku, name, quantity, unit_price, tax_rate, net)
        SELECT id, n, 'SKU-' || n, 'Regency cakestand, 3 tier', 1, 2.5, 0, 2.5 FROM placed, generate_series(1, %s) AS n
        RETURNING 1
    )
    SELECT count(*) FROM lines
"""


def measure(say: Say) -> dict[str, float]:
    """The peak memory of each phase, in MB.

    Raises:
        BenchmarkError, DevstackError: something did not work.
    """
    with running_servers(say) as servers:
        token = build_template(servers)
        with instance(servers, token, "exports", {"web"}) as ours:
            say(f"{ours.value(_FILL, ORDERS, LINES)} rows are made")
            watch = Watch(ours)
            with watch.during("at rest"):
                _read(ours, "/orders.csv?customer_id=NOBODY", rows=0)
            with watch.during("one export"):
                began = time.monotonic()
                _read(ours, "/orders.csv", rows=ORDERS * LINES)
                say(f"{ORDERS * LINES / (time.monotonic() - began):.0f} rows a second")
            with watch.during("five, one of them slow"), ThreadPoolExecutor(CLIENTS + 1) as pool:
                slow = pool.submit(_read, ours, "/orders.csv", rows=ORDERS * LINES, pause=SLOWLY)
                for export in [pool.submit(_read, ours, "/orders.csv", rows=ORDERS * LINES) for _ in range(CLIENTS)]:
                    export.result()
                slow.result()
            return watch.peaks


def _read(ours: Instance, path: str, *, rows: int, pause: float = 0) -> None:
    """Read an export to its end, and discard it."""
    connection = HTTPConnection(LOOPBACK, ours.port, timeout=120)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {ours.token}"})
        response = connection.getresponse()
        seen = response.read(1000).count(b"\n") - 1
        time.sleep(pause)
        while part := response.read(64 * 1024):
            seen += part.count(b"\n")
    finally:
        connection.close()
    if seen != rows:
        raise BenchmarkError(f"{path} has {seen} of {rows} rows")


def _report(peaks: dict[str, float]) -> int:
    at_rest = peaks["at rest"]
    for phase, peak in peaks.items():
        print(f"{phase:<24}{peak:>6.0f} MB")
    met = max(peaks.values()) - at_rest <= MAX_MB
    print(f"{'wanted':<24}≤ {MAX_MB:>4} MB more than at rest  {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(run_command(lambda say: _report(measure(say))))
