"""What metrics and timelines cost: CPU of an order from placed to invoiced with them, and without one of them.

    .venv/bin/python -m benchmarks.observability        # about five minutes

How it is measured: benchmarks/variants.py. CPU is that of the product's processes and of PostgreSQL, which writes the
timelines. Scrapes are not in it: they cost the same at each rate of orders.
"""

from collections.abc import Mapping

from benchmarks.servers import running_servers
from benchmarks.template import build_template
from benchmarks.variants import Settings, compared, measure, run_comparison
from devstack.console import Say
from devstack.kafka.broker import Kafka

EVERYTHING = "everything"
WITHOUT: Mapping[str, Settings] = {
    f"without {name}": {
        "DJANGO_SETTINGS_MODULE": "benchmarks.without.settings",
        "BENCHMARK_WITHOUT": f"benchmarks.without.apps.Without{name.title()}",
    }
    for name in ("metrics", "timelines")
}


def _run(rounds: int, orders: int, say: Say) -> int:
    variants: Mapping[str, Settings] = {EVERYTHING: {}, **WITHOUT}
    with running_servers(say) as servers:
        token = build_template(servers)
        costs = measure(servers, token, variants, rounds=rounds, orders=orders, without=(Kafka.name,), say=say)
    for name in WITHOUT:
        print(compared(costs, EVERYTHING, name))
    return 0


if __name__ == "__main__":
    raise SystemExit(run_comparison("benchmarks.observability", _run))
