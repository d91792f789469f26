"""What each event costs whoever handles it, beside `order.placed`, which is handled once for each order.

    .venv/bin/python -m benchmarks.events

One process, a PostgreSQL of its own, a broker in memory; batches of 100 events of one type, orders of three lines. CPU
of the process, and of its PostgreSQL session, for an event: reading, verifying, claiming, handling, and recording what
it causes; not publishing that. A round has all types, and the median of the rounds counts.
"""

import logging
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from subprocess import run

from benchmarks.version import ROOT
from devstack.ephemeral import throw_away_folder
from devstack.postgres.server import Postgres
from devstack.product import manage

ROUNDS = 5
BATCH = 100  # events, and orders of each kind of a round
SKUS = tuple(f"EVENT-{n}" for n in range(50))
AWAITED = tuple(f"AWAITED-{n}" for n in range(3))
LINES = 3
UNIT = "order.placed.v1"  # what the others are compared with
_TICK = 1000 / os.sysconf("SC_CLK_TCK")  # ms of the kernel's unit of CPU

Cost = tuple[float, float]  # ms of CPU for an event: of the process, and of PostgreSQL
Costs = dict[tuple[str, str], list[Cost]]  # by event and consumer, one for each batch


def measure() -> Costs:
    """Costs of all rounds. Django is set up."""
    from benchmarks.events_shop import Shop

    costs: Costs = defaultdict(list)
    shop = Shop(SKUS, AWAITED, LINES)
    for number in range(ROUNDS + 1):
        found: Costs = defaultdict(list)
        for event, consumer, count, handle in shop.live(BATCH):
            spent = _cpu_of(handle, shop.backend)
            found[event, consumer].append((spent[0] / count, spent[1] / count))
        if number:  # the first round loads and plans what is loaded and planned once
            for key, batches in found.items():
                costs[key] += batches
    return costs


def _cpu_of(work: Callable[[], None], backend: int) -> Cost:
    process, session = time.process_time(), _ticks(backend)
    work()
    return 1000 * (time.process_time() - process), _TICK * (_ticks(backend) - session)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def report(costs: Mapping[tuple[str, str], Sequence[Cost]]) -> None:
    """A line for each event and consumer, then one for each event with all its consumers."""
    medians = {key: _median(batches) for key, batches in costs.items()}
    unit = sum(sum(cost) for (event, _), cost in medians.items() if event == UNIT)
    print(f"{'event':<28} {'consumer':<10} {'process, ms':>12} {'PostgreSQL, ms':>15} {'of order.placed':>16}")
    for event in dict.fromkeys(event for event, _ in medians):
        of_event = {consumer: cost for (name, consumer), cost in medians.items() if name == event}
        for consumer, cost in of_event.items():
            _print(event, consumer, cost, unit)
        if len(of_event) > 1:
            _print(
                event, "together", (sum(c[0] for c in of_event.values()), sum(c[1] for c in of_event.values())), unit
            )


def _median(batches: Sequence[Cost]) -> Cost:
    """PostgreSQL's CPU is told in hundredths of a second, so of that the mean counts."""
    return median(cost[0] for cost in batches), sum(cost[1] for cost in batches) / len(batches)


def _print(event: str, consumer: str, cost: Cost, unit: float) -> None:
    print(f"{event:<28} {consumer:<10} {cost[0]:>12.3f} {cost[1]:>15.3f} {sum(cost) / unit:>16.2f}")


def main() -> int:
    with throw_away_folder(ROOT) as (folder, registry):
        postgres = Postgres(folder / "postgresql", registry=registry)
        with postgres:
            for setting, value in _settings(postgres).items():
                os.environ[setting] = value
            run(manage("migrate", "--noinput"), cwd=ROOT, check=True, capture_output=True)
            _set_up()
            report(measure())
    return 0


def _settings(postgres: Postgres) -> dict[str, str]:
    return {
        "SECRET_KEY": "none",
        "DATABASE_URL": postgres.owner_url,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PUBLISH_ON_COMMIT": "off",
        "LOG_LEVEL": "WARNING",
    }


def _set_up() -> None:
    import django

    django.setup()
    logging.disable(logging.INFO)


if __name__ == "__main__":
    sys.exit(main())
