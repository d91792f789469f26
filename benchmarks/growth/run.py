"""The order of things: a database for each number of orders, everything measured on each, and live rates in pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.facts import facts
from benchmarks.growth import pages, reads
from benchmarks.growth.filling import fill
from benchmarks.growth.live import LiveRate, measure_live
from benchmarks.growth.ordinary_orders import fill_ordinary
from benchmarks.growth.pages import PageTime, choose, measure_pages
from benchmarks.growth.reads import Reading, measure_reads
from benchmarks.growth.sizes import bytes_of_an_order, index_use
from benchmarks.growth.templates import build_grown_template
from benchmarks.growth.tools import AUDIT, ToolTime, measure_tools
from benchmarks.instance import instance_on
from benchmarks.rival import Rival, ordinary_rival
from benchmarks.servers import Servers, running_servers
from benchmarks.template import build_template
from devstack.console import Say

FIRST = 10_000
TEMPLATE = "growth_template"
SECONDS = 10.0  # of each live measurement


@dataclass(frozen=True)
class Stage:
    """What was measured with so many orders stored."""

    orders: int
    pages: Mapping[str, PageTime]
    reads: Mapping[str, Reading]
    tools: Mapping[str, ToolTime]
    bytes_of_an_order: Mapping[str, Mapping[str, float]]
    indexes: Sequence[Mapping[str, object]]


@dataclass
class Growth:
    """The results: a stage for each number of orders, and live rates in rounds, each by the number of orders."""

    facts: dict[str, object]
    stages: list[Stage] = field(default_factory=list)
    live: list[dict[int, LiveRate]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "facts": self.facts,
            "live": [{str(orders): asdict(rate) for orders, rate in each.items()} for each in self.live],
            "stages": {
                str(stage.orders): {
                    "pages": pages.as_dict(stage.pages),
                    "reads": reads.as_dict(stage.reads),
                    "tools": {name: asdict(tool) for name, tool in stage.tools.items()},
                    "bytes_of_an_order": stage.bytes_of_an_order,
                    "indexes": stage.indexes,
                }
                for stage in self.stages
            },
        }

    def live_ratio(self) -> float | None:
        """The live rate with the most orders to that with the fewest, the median of the rounds."""
        ratios = [rates[max(rates)].rate / rates[min(rates)].rate for rates in self.live if len(rates) > 1]
        return median(ratios) if ratios else None

    @property
    def last(self) -> Stage:
        return self.stages[-1]


def steps(orders: int) -> list[int]:
    """Powers of ten from FIRST on, and `orders`."""
    found = [FIRST]
    while found[-1] * 10 < orders:
        found.append(found[-1] * 10)
    return found if orders <= FIRST else [*found, orders]


def run(orders: int, rounds: int, say: Say) -> Growth:
    """Raises:
    BenchmarkError, DevstackError: something did not work; there are no results then.
    """
    growth = Growth(facts=facts() | {"orders": orders, "rounds": rounds})
    with running_servers(say) as servers:
        token = build_template(servers)
        say("Placing one order of each kind")
        build_grown_template(servers, token, TEMPLATE)
        with ordinary_rival(servers) as ordinary:
            for count in steps(orders):
                growth.stages.append(_stage(servers, token, ordinary, count, say))
        for number in range(rounds):
            say(f"Live, round {number + 1} of {rounds}")
            growth.live.append(
                {count: _live(servers, token, count) for count in sorted({steps(orders)[0], steps(orders)[-1]})}
            )
    return growth


def _stage(servers: Servers, token: str, ordinary: Rival, orders: int, say: Say) -> Stage:
    name = _database(orders)
    servers.create_database(name, template=TEMPLATE)
    fill(servers, name, orders, say)
    fill_ordinary(servers, orders)
    with instance_on(servers, token, name, {"web"}) as ours:
        chosen = choose(ours)
        say(f"{orders:,} orders: pages")
        page_times = measure_pages(ours, chosen)
        say(f"{orders:,} orders: lists and details by the API")
        readings = measure_reads(ours, ordinary, chosen, orders)
        say(f"{orders:,} orders: commands")
        tools = measure_tools(servers, ours, chosen)
        if not tools[AUDIT].ok:
            say(f"The orders that were filled in are not as placed ones:\n{tools[AUDIT].output}")
        return Stage(orders, page_times, readings, tools, bytes_of_an_order(ours, orders), index_use(ours, orders))


def _live(servers: Servers, token: str, orders: int) -> LiveRate:
    with instance_on(servers, token, _database(orders)) as ours:
        return measure_live(ours, seconds=SECONDS, kafka=servers.stack.kafka.folder)


def _database(orders: int) -> str:
    return f"growth_{orders}"
