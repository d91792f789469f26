"""Rewrites the tables of docs/capacity.md by the newest results of `make bench ARGS="--grow …"`.

    .venv/bin/python -m benchmarks.capacity

Each figure of that page is computed here from what was measured, by the rules of benchmarks/capacity_model.py.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.capacity_model import KAFKA_COPIES, KAFKA_DAYS, MACHINE_CORES, RATES, UTILISATION, Measured, Need
from benchmarks.command_line import run_command
from benchmarks.errors import BenchmarkError
from benchmarks.version import ROOT

PAGE = ROOT / "docs" / "capacity.md"
RESULTS = Path(__file__).with_name("results")
_TABLE = re.compile(r"(<!-- (\w+): .*? -->\n).*?(<!-- end -->)", re.DOTALL)


def newest(folder: Path) -> dict[str, Any]:
    """Raises:
    BenchmarkError: nothing was measured yet.
    """
    files = sorted(folder.glob("growth-*.json"))
    if not files:
        raise BenchmarkError('there are no results: make bench ARGS="--grow 1000000"')
    results: dict[str, Any] = json.loads(files[-1].read_text(encoding="utf-8"))
    return results


def rewritten(page: str, results: dict[str, Any]) -> str:
    """The page with its tables as the results have them."""
    measured = Measured.of(results)
    tables: dict[str, Callable[[], Iterator[str]]] = {
        "measured": lambda: _measured(measured, results),
        "kept": lambda: _kept(measured),
        "needed": lambda: _needed([measured.need(rate) for rate in RATES]),
    }
    return _TABLE.sub(lambda table: f"{table[1]}{chr(10).join(tables[table[2]]())}\n{table[3]}", page)


def _measured(measured: Measured, results: dict[str, Any]) -> Iterator[str]:
    facts, stored = results["facts"], max(map(int, results["stages"]))
    yield (
        f"On {facts['cores']} cores, {facts['at'][:10]}, commit {facts['commit']}, {stored:,} orders stored; "
        f"{measured.rate:.0f} orders a second live at eight clients, while others took {measured.others:.2f} cores."
    )
    yield ""
    yield from _table(("Process", "CPU of an order, ms", "orders a second for each core", "connections to PostgreSQL"))
    for name, ms in sorted(measured.cpu_ms.items(), key=lambda item: -item[1]):
        yield f"| {name} | {ms:.2f} | {1000 / ms:,.0f} | {measured.connections.get(name, 0)} |"
    yield f"| all | {sum(measured.cpu_ms.values()):.2f} | {1000 / sum(measured.cpu_ms.values()):,.0f} | |"


def _kept(measured: Measured) -> Iterator[str]:
    yield from _table(("What", "bytes of an order", "kept for"))
    for name, size, days in measured.kept():
        yield f"| {name} | {size:,.0f} | {'ever' if days is None else f'{days} days'} |"
    yield f"| WAL of PostgreSQL, written once | {measured.wal_bytes:,.0f} | until archived |"


def _needed(needs: Sequence[Need]) -> Iterator[str]:
    yield from _table(("", *(f"{need.rate:,} orders a second" for need in needs)))
    rows: Sequence[tuple[str, Callable[[Need], str]]] = (
        (f"cores, {UTILISATION:.0%} busy", lambda need: f"{need.cores:,.1f}"),
        ("of these PostgreSQL's, in one machine", lambda need: f"{need.postgresql_cores:,.1f}"),
        ("web processes", lambda need: f"{need.processes['web']}"),
        ("consumer processes", lambda need: f"{need.processes['consumers']}"),
        (f"machines with {MACHINE_CORES} cores, beside PostgreSQL's", lambda need: f"{need.machines}"),
        ("partitions of each topic, at least", lambda need: f"{need.partitions}"),
        ("connections to PostgreSQL", lambda need: f"{need.connections:,}"),
        ("PostgreSQL's disk after a year, TB", lambda need: f"{need.database_bytes(365) / 1e12:,.2f}"),
        ("WAL, MB a second", lambda need: f"{need.wal_rate / 1e6:,.1f}"),
        (
            f"Kafka's disk, {KAFKA_DAYS} days, {KAFKA_COPIES} copies, TB",
            lambda need: f"{need.kafka_bytes / 1e12:,.2f}",
        ),
    )
    for title, value in rows:
        yield f"| {title} | {' | '.join(value(need) for need in needs)} |"


def _table(columns: Sequence[str]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"


def _rewrite() -> int:
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), newest(RESULTS)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(run_command(lambda _say: _rewrite()))
