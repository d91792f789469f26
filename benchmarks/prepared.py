"""What prepared statements save: CPU of an order from placed to invoiced with them, and without.

    .venv/bin/python -m benchmarks.prepared        # about four minutes

How it is measured: benchmarks/variants.py. CPU is that of the product's processes and of PostgreSQL.
"""

from collections.abc import Mapping

from benchmarks.servers import running_servers
from benchmarks.template import build_template
from benchmarks.variants import Settings, compared, measure, run_comparison
from devstack.console import Say
from devstack.kafka.broker import Kafka

WITH, WITHOUT = "prepared", "unprepared"
VARIANTS: Mapping[str, Settings] = {WITH: {}, WITHOUT: {"DATABASE_PREPARED_STATEMENTS": "off"}}


def _run(rounds: int, orders: int, say: Say) -> int:
    with running_servers(say) as servers:
        token = build_template(servers)
        costs = measure(servers, token, VARIANTS, rounds=rounds, orders=orders, without=(Kafka.name,), say=say)
    print(compared(costs, WITH, WITHOUT))
    return 0


if __name__ == "__main__":
    raise SystemExit(run_comparison("benchmarks.prepared", _run))
