"""Lists and details by the API, in requests a second by eight clients, beside ordinary DRF with as many orders."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from benchmarks.cpu import OTHERS, cpu_shares
from benchmarks.generator import Load
from benchmarks.growth.pages import Chosen
from benchmarks.instance import Instance
from benchmarks.load import run_load
from benchmarks.rival import Rival
from devstack.ports import LOOPBACK
from devstack.processes.process import Process

CLIENTS = 8
WARM_UP, SECONDS = 0.5, 3.0
PAGE = 100  # rows, of both
DIFFERENT = 500  # orders and customers that are asked for in turn


@dataclass(frozen=True)
class Reading:
    """Requests a second of the product, and of ordinary DRF where that has the same; `others` are cores."""

    ours: float
    p50_ms: float
    ordinary: float | None
    others: float

    @property
    def ratio(self) -> float | None:
        return self.ours / self.ordinary if self.ordinary else None


def measure_reads(ours: Instance, ordinary: Rival, chosen: Chosen, orders: int) -> dict[str, Reading]:
    """Each kind of request, the product's and the other's one after the other."""
    theirs = _ordinary_paths(orders)
    return {name: _measure(ours, paths, ordinary, theirs.get(name)) for name, paths in _our_paths(ours, chosen).items()}


def as_dict(readings: Mapping[str, Reading]) -> dict[str, dict[str, object]]:
    return {name: asdict(reading) | {"ratio": reading.ratio} for name, reading in readings.items()}


def _our_paths(ours: Instance, chosen: Chosen) -> dict[str, Sequence[str]]:
    orders = _values(ours, "SELECT id::text, reference, customer_id, invoice_number FROM orders_order")
    ids, references, customers, numbers = zip(*orders, strict=True)
    return {
        "list": [_orders()],
        "list, deep": [_deep(ours, chosen)],
        "list, of a customer": [_orders(customer_id=customer) for customer in customers],
        "list, of the largest customer": [_orders(customer_id=chosen.customer)],
        "list, rejected": [_orders(status="rejected")],
        "list, backordered": [_orders(status="backordered")],
        "list, by reference": [_orders(reference=reference) for reference in references],
        "list, placed since": [_orders(placed_from=f"{chosen.middle_day}T00:00:00Z")],
        "list, rejected until": [_orders(status="rejected", placed_to=f"{chosen.middle_day}T00:00:00Z")],
        "detail": [f"/orders/{order}" for order in ids],
        "timeline": [f"/orders/{order}/timeline" for order in ids],
        "events": [f"/orders/{order}/events" for order in ids],
        "invoices": [f"/invoices?page_size={PAGE}"],
        "invoices of a customer": [f"/invoices?customer_id={customer}" for customer in customers],
        "invoices of an order": [f"/invoices?order_id={order}" for order in ids],
        "invoice": [f"/invoices/{number}" for number in numbers if number],
    }


def _ordinary_paths(orders: int) -> dict[str, Sequence[str]]:
    """Customers and statuses are shared out as the product's are."""
    some = range(1, orders + 1, max(1, orders // DIFFERENT))
    return {
        "list": ["/orders"],
        "list, deep": [f"/orders?page={max(1, orders // PAGE // 2)}"],
        "list, of a customer": [f"/orders?customer_id=C-{number * 7919 % max(1, orders // 20)}" for number in some],
        "list, of the largest customer": ["/orders?customer_id=C-0"],
        "list, rejected": ["/orders?status=rejected"],
        "detail": [f"/orders/{number}" for number in some],
    }


def _orders(**query: object) -> str:
    return f"/orders?{urlencode({'page_size': PAGE, **query})}"


def _deep(ours: Instance, chosen: Chosen) -> str:
    """The page behind one in the middle of all orders, by its cursor."""
    web = HTTPConnection(LOOPBACK, ours.port, timeout=60)
    path = _orders(placed_to=f"{chosen.middle_day}T00:00:00Z")
    web.request("GET", path, headers={"Authorization": f"Bearer {ours.token}"})
    following = urlsplit(json.load(web.getresponse())["next"])
    web.close()
    return f"{following.path}?{following.query}"


def _values(ours: Instance, query: str) -> list[tuple[str, ...]]:
    """DIFFERENT rows, from the oldest to the newest."""
    with ours.database.cursor() as cursor:
        cursor.execute(
            f"{query} JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS stored "
            f"FROM orders_order) AS placed USING (id) WHERE place %% greatest(1, stored / %s) = 0 LIMIT %s",
            [DIFFERENT, DIFFERENT],
        )
        return list(cursor.fetchall())


def _measure(ours: Instance, paths: Sequence[str], ordinary: Rival, theirs: Sequence[str] | None) -> Reading:
    headers = {"Authorization": f"Bearer {ours.token}"}
    rate, p50, others = _rate(ours.port, headers, paths, ours.families)
    their_rate = _rate(ordinary.port, ordinary.headers, theirs, ordinary.families)[0] if theirs else None
    return Reading(rate, p50, their_rate, others)


def _rate(
    port: int, headers: Mapping[str, str], paths: Sequence[str], families: Mapping[str, Process]
) -> tuple[float, float, float]:
    load = Load(port, "", dict(headers), [], CLIENTS, expect=200, warm_up=WARM_UP, seconds=SECONDS, get=list(paths))
    with cpu_shares(families) as cpu:
        outcome = run_load(load)
    return outcome.answered / outcome.seconds, outcome.p50_ms, cpu[OTHERS]
