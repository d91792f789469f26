"""One order of each kind, placed through the product and carried to its end: what filling.py multiplies.

The database that is left has the catalogue, the users and the stock of before the first order, and the rows of these
orders in the schema `growth`, table by table.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from random import Random
from typing import Any

from psycopg2 import extensions

from benchmarks.errors import BenchmarkError
from benchmarks.instance import Instance, instance_on
from benchmarks.orders import PRODUCTS, sku
from benchmarks.servers import Servers
from devstack import product
from devstack.ports import LOOPBACK
from devstack.product import manage
from devstack.waiting import wait_until

ADMIN, PASSWORD = "growth-admin", "growth-admin-password"
SOLD_OUT, AWAITED = "GROWTH-SOLD-OUT", "GROWTH-AWAITED"
TIMEOUT = 120  # seconds

# How many of a thousand orders are of a kind, and how many different ones of it are placed.
KINDS: Mapping[str, tuple[int, int]] = {
    "invoiced": (400, 60),
    "fulfilled": (520, 60),
    "partly fulfilled": (9, 5),
    "cancelled": (25, 10),
    "credited": (20, 10),
    "rejected": (20, 5),
    "waiting": (3, 3),
    "stuck": (1, 1),  # behind a dead letter
    "given up": (1, 1),  # whose dead letter was discarded
    "replayed": (1, 1),
}
POISONED = ("stuck", "given up", "replayed")

# The tables that grow with orders, each with the column that says of which order a row is. Those of documents and
# shipments that have no such column follow them.
BY_ORDER: Mapping[str, str] = {
    "orders_order": "id",
    "orders_orderline": "order_id",
    "orders_timelineentry": "order_id",
    "orders_shipment": "order_id",
    "inventory_stockanswer": "order_id",
    "inventory_reservation": "answer_id",
    "inventory_backorderline": "order_id",
    "inventory_stockmovement": "order_id",
    "invoicing_invoice": "order_id",
    "invoicing_creditnote": "order_id",
    "invoicing_cancelledorder": "order_id",
    "messaging_inboxentry": "key::uuid",
    "messaging_deadletter": "key::uuid",
    "api_idempotencyrecord": "(body::jsonb ->> 'id')::uuid",
}
_FOLLOWING = {
    "orders_shipmentline": "shipment_id IN (SELECT id FROM growth.orders_shipment)",
    "operations_invoiceseal": "true",
    "operations_creditnoteseal": "true",
}
_EMPTIED = (
    *BY_ORDER,
    *_FOLLOWING,
    *("invoicing_invoicecounter", "messaging_replay", "messaging_replayitem", "messaging_outboxmessage"),
)


def build_grown_template(servers: Servers, token: str, name: str) -> None:
    """Make the database `name`, whose orders are templates: see above.

    Raises:
        BenchmarkError, DevstackError: an order did not come to its end.
    """
    servers.create_database(name, template=servers.template)
    with instance_on(servers, token, name) as ours:
        _add_users_and_products(servers, ours)
        clerk = servers.run(
            "create_clerk",
            manage(
                *("create_api_client", "growth-clerk", "--permission", "orders.view_order", "orders.cancel_order"),
                *("orders.fulfil_order", "invoicing.view_invoice", "invoicing.credit_invoice"),
            ),
            ours.environment,
        ).strip()
        kinds = _place_all(servers, ours, clerk)
        ours.wait_published()
        _keep(ours.database, kinds)


def _add_users_and_products(servers: Servers, ours: Instance) -> None:
    catalogue = servers.folder / "growth.csv"
    rows = [f"{name},Product that is {name.lower()},3.5,GBP,0.2,0" for name in (SOLD_OUT, AWAITED)]
    catalogue.write_text("\n".join(["sku,name,unit_price,currency,tax_rate,on_hand", *rows]) + "\n", encoding="utf-8")
    servers.run("import_growth", manage("import_catalogue", str(catalogue)), ours.environment)
    environment = ours.environment | {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    command = manage("createsuperuser", "--noinput", "--username", ADMIN, "--email", "")
    servers.run("create_admin", command, environment)


def _place_all(servers: Servers, ours: Instance, clerk: str) -> dict[str, str]:
    """Place and carry the orders of all kinds; their kinds, by id."""
    random = Random(3)
    kinds: dict[str, str] = {}
    client, staff = Api(ours.port, ours.token), Api(ours.port, clerk)
    with _rule_against_poison(ours.database):
        for kind, (_, count) in KINDS.items():
            for _ in range(count):
                kinds[client.place(len(kinds), _lines(kind, random), may_wait=kind == "waiting")] = kind
        _wait(ours, "SELECT count(*) FROM messaging_deadletter", len(POISONED))
    _settle(servers, ours, {kind: order for order, kind in kinds.items() if kind in POISONED})
    billed = [order for order, kind in kinds.items() if kind not in ("rejected", "waiting", "stuck", "given up")]
    _wait(ours, "SELECT count(*) FROM orders_order WHERE invoice_number <> ''", len(billed))
    for order, kind in kinds.items():
        _carry_on(staff, order, kind)
    cancelled = [order for order, kind in kinds.items() if kind == "cancelled"]
    credited = sum(kind == "credited" for kind in kinds.values()) + len(cancelled)
    _wait(ours, "SELECT count(*) FROM orders_order WHERE credit_notes <> '[]'", credited)
    sent = "SELECT count(DISTINCT reference) FROM inventory_stockmovement WHERE kind = 'issue'"
    _wait(ours, sent, ours.value("SELECT count(*) FROM orders_shipment"))
    released = "SELECT count(DISTINCT order_id) FROM inventory_stockmovement WHERE kind = 'release'"
    _wait(ours, released, len(cancelled))
    return kinds


def _lines(kind: str, random: Random) -> list[dict[str, Any]]:
    if kind in ("rejected", "waiting"):
        return [{"sku": SOLD_OUT if kind == "rejected" else AWAITED, "quantity": random.randint(1, 5)}]
    skus = [sku(number) for number in random.sample(range(PRODUCTS), random.randint(1, 5))]
    if kind in POISONED:
        return [{"sku": skus[0], "quantity": product.POISON_QUANTITY}]
    return [{"sku": each, "quantity": random.randint(2, 5)} for each in skus]


def _carry_on(staff: "Api", order: str, kind: str) -> None:
    """What people do with an order of this kind once it is invoiced."""
    match kind:
        case "cancelled":
            staff.post(f"/orders/{order}/cancel", {"reason": "Changed their mind"}, expect=200)
        case "fulfilled" | "credited":
            staff.post(f"/orders/{order}/fulfil", {"tracking": "1Z999AA10123456784"}, expect=200)
        case "partly fulfilled":
            staff.post(f"/orders/{order}/fulfil", {"lines": [{"line_no": 1, "quantity": 1}]}, expect=200)
    if kind == "credited":
        number = staff.get(f"/orders/{order}")["invoice_number"]
        body = {"lines": [{"line_no": 1, "quantity": 1}], "reason": "Broken", "restock": False}
        staff.post(f"/invoices/{number}/credit", body, expect=201)


@contextmanager
def _rule_against_poison(database: extensions.connection) -> Iterator[None]:
    with database.cursor() as cursor:
        cursor.execute(product.POISON)
        try:
            yield
        finally:
            cursor.execute(product.MEND)


def _settle(servers: Servers, ours: Instance, poisoned: Mapping[str, str]) -> None:
    """Discard one of the dead letters and replay another, as an operator would."""
    query = "SELECT id FROM messaging_deadletter WHERE key = %s"
    discarded, replayed = (str(ours.value(query, poisoned[kind])) for kind in ("given up", "replayed"))
    discard = manage("dead_letters", "discard", discarded, "--reason", "A duplicate", "--by", ADMIN)
    servers.run("discard", discard, ours.environment)
    servers.run("replay", manage("dead_letters", "replay", replayed, "--by", ADMIN), ours.environment)


def _wait(ours: Instance, query: str, count: int) -> None:
    if not wait_until(lambda: ours.value(query) >= count, seconds=TIMEOUT, every=0.1):
        raise BenchmarkError(f"after {TIMEOUT} s there are {ours.value(query)} of {count}: {query}")


def _keep(database: extensions.connection, kinds: Mapping[str, str]) -> None:
    """Move the rows of the orders to the schema `growth`, and have the stock of before them.

    Triggers, which keep some of these rows for ever, are off meanwhile.
    """
    with database.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("CREATE SCHEMA growth")
        cursor.execute("CREATE TABLE growth.kind (id uuid PRIMARY KEY, kind text NOT NULL)")
        cursor.executemany("INSERT INTO growth.kind VALUES (%s, %s)", list(kinds.items()))
        for table, column in BY_ORDER.items():
            cursor.execute(f"CREATE TABLE growth.{table} AS SELECT * FROM {table} WHERE {column} IS NOT NULL")
        for table, condition in _FOLLOWING.items():
            cursor.execute(f"CREATE TABLE growth.{table} AS SELECT * FROM {table} WHERE {condition}")
        cursor.execute("DELETE FROM inventory_stockmovement WHERE order_id IS NOT NULL")
        emptied = ", ".join(table for table in _EMPTIED if table != "inventory_stockmovement")
        cursor.execute(f"TRUNCATE {emptied}")
        cursor.execute(_STOCK_OF_BEFORE)
        cursor.execute("SET session_replication_role = DEFAULT")


_STOCK_OF_BEFORE = """
    UPDATE inventory_stockitem AS item
    SET reserved = 0, backordered = 0, on_hand = coalesce(
        (SELECT sum(on_hand_change) FROM inventory_stockmovement AS movement WHERE movement.sku = item.sku), 0
    )
"""


class Api:
    """The product's API as a client calls it, one request after the other."""

    def __init__(self, port: int, token: str) -> None:
        self._web = HTTPConnection(LOOPBACK, port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def place(self, number: int, lines: Sequence[Mapping[str, Any]], *, may_wait: bool) -> str:
        """Place an order with a key, whose customer and reference no other has; its id."""
        body = {
            "customer_id": f"TEMPLATE-CUSTOMER-{number:04}",
            "reference": f"TEMPLATE-REFERENCE-{number:04}",
            "allow_backorder": may_wait,
            "lines": lines,
        }
        return str(self._call("POST", "/orders", body, 201, {"Idempotency-Key": f"template-{number}"})["id"])

    def post(self, path: str, body: Mapping[str, Any], *, expect: int) -> Any:
        return self._call("POST", path, body, expect)

    def get(self, path: str) -> Any:
        return self._call("GET", path, None, 200)

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        expect: int,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        self._web.request(method, path, json.dumps(body) if body else None, {**self._headers, **(headers or {})})
        response = self._web.getresponse()
        content = response.read()
        if response.status != expect:
            raise BenchmarkError(f"{method} {path} was answered {response.status}: {content.decode(errors='replace')}")
        return json.loads(content)
