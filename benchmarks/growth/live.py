"""The live rate: `POST /orders` by eight clients with everything on, on what is stored already."""

import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from benchmarks.chain import place_one
from benchmarks.cpu import OTHERS, cpu_shares
from benchmarks.errors import BenchmarkError
from benchmarks.instance import Instance
from benchmarks.intake import WARM_UP
from benchmarks.load import run_load
from benchmarks.orders import single_bodies
from devstack.waiting import wait_until

CLIENTS = 8
TIMEOUT = 120  # seconds


@dataclass(frozen=True)
class LiveRate:
    """One measurement.

    Attributes:
        rate: orders a second.
        lag_s: seconds from the last response to the last invoice.
        others: cores that the rest of the machine took.
        cpu: cores by process.
        wal_bytes, kafka_bytes: of an order.
        connections: to PostgreSQL, by process.
    """

    rate: float
    lag_s: float
    others: float
    cpu: dict[str, float]
    wal_bytes: float
    kafka_bytes: float
    connections: Mapping[str, int]


def measure_live(ours: Instance, *, seconds: float, kafka: Path) -> LiveRate:
    """One measurement, after the consumers have joined their groups; returns once all orders are invoiced.

    Args:
        kafka: the folder of Kafka's data.
    """
    logs_of = partial(_log_bytes, kafka, ours.environment["KAFKA_TOPIC_PREFIX"])
    began = str(_value(ours, "SELECT now()"))
    place_one(ours)
    _wait_invoiced(ours, began)
    placed, wal, logs = ours.value(_PLACED, began), ours.value(_WAL), logs_of()
    how = {"clients": CLIENTS, "warm_up": WARM_UP, "seconds": seconds}
    load = ours.load("/orders", single_bodies(), key_prefix=f"live-{secrets.token_hex(4)}-", **how)
    with cpu_shares(ours.families) as cpu:
        outcome = run_load(load)
    ended = time.perf_counter()
    connections = _connections(ours)
    _wait_invoiced(ours, began)
    lag = time.perf_counter() - ended
    ours.wait_published()
    placed = ours.value(_PLACED, began) - placed
    return LiveRate(
        rate=outcome.answered / outcome.seconds,
        lag_s=lag,
        others=cpu.pop(OTHERS),
        cpu=cpu,
        wal_bytes=(ours.value(_WAL) - wal) / placed,
        kafka_bytes=(logs_of() - logs) / placed,
        connections=connections,
    )


_PLACED = "SELECT count(*) FROM orders_order WHERE placed_at >= %s"
_WAL = "SELECT pg_current_wal_lsn() - '0/0'"


def _wait_invoiced(ours: Instance, since: str) -> None:
    """Those that were filled in are not looked at: some of them wait for ever."""
    query = f"{_PLACED} AND invoice_number = ''"
    if not wait_until(lambda: ours.value(query, since) == 0, seconds=TIMEOUT, every=0.05):
        raise BenchmarkError(f"{ours.value(query, since)} orders do not show their invoice after {TIMEOUT} s")


def _connections(ours: Instance) -> dict[str, int]:
    port = ours.database.info.port
    return {
        name: sum(_established(process, port) for process in family.family()) for name, family in ours.families.items()
    }


def _established(process: psutil.Process, port: int) -> int:
    """How many connections a process has to a port of another; none where it has ended meanwhile."""
    with suppress(psutil.Error):
        connections = process.net_connections("tcp4")
        return sum(
            bool(each.raddr) and each.raddr.port == port and each.status == psutil.CONN_ESTABLISHED
            for each in connections
        )
    return 0


def _value(ours: Instance, query: str) -> object:
    with ours.database.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
        return row[0] if row else None


def _log_bytes(folder: Path, prefix: str) -> int:
    """Bytes of the records that Kafka keeps for the topics with a prefix."""
    return sum(log.stat().st_size for log in folder.rglob(f"{prefix}*/*.log"))
