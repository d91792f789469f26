"""What the pages for people cost: milliseconds of the server from the request to the last byte, one at a time."""

import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from statistics import median
from urllib.parse import quote, urlencode

from benchmarks.cpu import cpu_seconds
from benchmarks.errors import BenchmarkError
from benchmarks.growth.templates import ADMIN, AWAITED, PASSWORD
from benchmarks.instance import Instance
from devstack.ports import LOOPBACK

TIMES = 5
_REDIRECTS = (301, 302, 303)
_LISTS = re.compile(r'href="(/admin/[a-z]+/[a-z]+/)"')


@dataclass(frozen=True)
class PageTime:
    """A page: how long it took at first, and the median of the times after that, in milliseconds.

    `cpu_ms` is the CPU of all processes but this one for each of these requests: a busy machine changes it less.
    """

    path: str
    first_ms: float
    median_ms: float
    cpu_ms: float
    kilobytes: float


@dataclass(frozen=True)
class Chosen:
    """Rows that are looked at: in the middle of all, and those with the most that belongs to them."""

    order: str
    reference: str
    customer: str  # the one with the most orders
    small_customer: str
    invoice: str
    credited_invoice: str
    credit_note: str
    sku: str  # the one with the longest ledger
    movement: str
    decision: str
    stuck: str
    waiting: str
    letter: str
    response_key: str
    response: str
    middle_day: str


_ONE_OF: Mapping[str, str] = {
    "order": "SELECT id FROM orders_order WHERE id >= (SELECT id FROM orders_order ORDER BY id "
    "OFFSET (SELECT count(*) / 2 FROM orders_order) LIMIT 1) AND status = 'fulfilled' ORDER BY id LIMIT 1",
    "reference": "SELECT reference FROM orders_order ORDER BY id "
    "OFFSET (SELECT count(*) / 3 FROM orders_order) LIMIT 1",
    "customer": "SELECT customer_id FROM orders_order GROUP BY customer_id ORDER BY count(*) DESC LIMIT 1",
    "small_customer": "SELECT customer_id FROM orders_order GROUP BY customer_id ORDER BY count(*), 1 LIMIT 1",
    "invoice": "SELECT number FROM invoicing_invoice ORDER BY issued_at "
    "OFFSET (SELECT count(*) / 2 FROM invoicing_invoice) LIMIT 1",
    "credited_invoice": "SELECT invoice_number FROM invoicing_creditnote ORDER BY number LIMIT 1",
    "credit_note": "SELECT number FROM invoicing_creditnote ORDER BY number LIMIT 1",
    "sku": "SELECT sku FROM inventory_stockmovement GROUP BY sku ORDER BY count(*) DESC LIMIT 1",
    "movement": "SELECT max(id) / 2 FROM inventory_stockmovement",
    "decision": "SELECT order_id FROM inventory_stockanswer WHERE outcome = 'reserved' ORDER BY order_id LIMIT 1",
    "stuck": "SELECT key FROM messaging_deadletter WHERE state = 'failed' ORDER BY id LIMIT 1",
    "waiting": "SELECT id FROM orders_order WHERE status = 'backordered' ORDER BY placed_at LIMIT 1",
    "letter": "SELECT id FROM messaging_deadletter WHERE state = 'failed' ORDER BY id LIMIT 1",
    "response_key": "SELECT key FROM api_idempotencyrecord ORDER BY id LIMIT 1",
    "response": "SELECT id FROM api_idempotencyrecord ORDER BY id LIMIT 1",
    "middle_day": "SELECT (now() - INTERVAL '180 days')::date",
}


def choose(ours: Instance) -> Chosen:
    """The rows of this database."""
    values = {}
    with ours.database.cursor() as cursor:
        for name, query in _ONE_OF.items():
            cursor.execute(query)
            row = cursor.fetchone()
            values[name] = "" if row is None else str(row[0])
    return Chosen(**values)


def page_paths(chosen: Chosen) -> dict[str, str]:
    """Each page by its name."""
    order, invoice = "/admin/orders/order/", "/admin/invoicing/invoice/"
    stock, ledger = "/admin/inventory/stockitem/", "/admin/inventory/stockmovement/"
    decisions, letters = "/admin/inventory/reservationdecision/", "/admin/messaging/deadletter/"
    notes, responses = "/admin/invoicing/creditnote/", "/admin/api/idempotencyrecord/"
    day = {"placed_at_from": chosen.middle_day, "placed_at_to": chosen.middle_day}
    issued = {"issued_at_from": chosen.middle_day, "issued_at_to": chosen.middle_day}
    return {
        "index": "/admin/",
        "operations": "/operations/",
        "orders": order,
        "orders, from the middle on": _with(order, after=chosen.order),
        "orders, back from the middle": _with(order, before=chosen.order),
        **{f"orders, {status}": _with(order, status__exact=status) for status in ("placed", "backordered", "rejected")},
        "orders, fulfilled": _with(order, status__exact="fulfilled"),
        "orders, cancelled": _with(order, status__exact="cancelled"),
        "orders of a day": _with(order, **day),
        "orders, rejected, of a day": _with(order, status__exact="rejected", **day),
        "orders by id": _with(order, q=chosen.order),
        "orders by reference": _with(order, q=chosen.reference),
        "orders of the largest customer": _with(order, q=chosen.customer),
        "orders of a small customer": _with(order, q=chosen.small_customer),
        "orders with a sku": _with(order, q=chosen.sku),
        "orders with the awaited sku": _with(order, q=AWAITED),
        "orders, rejected, with a sku": _with(order, q=chosen.sku, status__exact="rejected"),
        "orders, found none": _with(order, q="NOBODY-HAS-THIS"),
        "order": f"{order}{chosen.order}/change/",
        "order that is stuck": f"{order}{chosen.stuck}/change/",
        "order that waits": f"{order}{chosen.waiting}/change/",
        "placing an order": f"{order}place/",
        "products": "/admin/orders/product/",
        "invoices": invoice,
        "invoices, from the middle on": _with(invoice, after=chosen.invoice),
        "invoices of a day": _with(invoice, **issued),
        "invoices by number": _with(invoice, q=chosen.invoice),
        "invoices by order": _with(invoice, q=chosen.order),
        "invoices of the largest customer": _with(invoice, q=chosen.customer),
        "invoice": f"{invoice}{quote(chosen.invoice)}/change/",
        "credited invoice": f"{invoice}{quote(chosen.credited_invoice)}/change/",
        "credit notes": notes,
        "credit notes by invoice": _with(notes, q=chosen.credited_invoice),
        "credit note": f"{notes}{quote(chosen.credit_note)}/change/",
        "stock": stock,
        "stock of a sku": _with(stock, q=chosen.sku),
        "stock item": f"{stock}{quote(chosen.sku)}/change/",
        "stock item that is awaited": f"{stock}{AWAITED}/change/",
        "ledger of a sku": f"{stock}{quote(chosen.sku)}/ledger_of_this/",
        "movements": ledger,
        "movements, from the middle on": _with(ledger, after=chosen.movement),
        **{
            f"movements, {kind}": _with(ledger, kind__exact=kind)
            for kind in ("receipt", "adjustment", "backorder", "release", "return")
        },
        "movements of a sku": _with(ledger, q=chosen.sku),
        "movements of an order": _with(ledger, q=chosen.order),
        "movement": f"{ledger}{chosen.movement}/change/",
        "decisions": decisions,
        **{
            f"decisions, {outcome}": _with(decisions, outcome__exact=outcome)
            for outcome in ("reserved", "backordered", "rejected", "cancelled")
        },
        "decision": f"{decisions}{chosen.decision}/change/",
        "dead letters": letters,
        "dead letters, all": _with(letters, state="all"),
        "dead letters, discarded": _with(letters, state="discarded"),
        "dead letters, waiting": _with(letters, state="waiting"),
        "dead letters of a cause": _with(letters, cause="IntegrityError"),
        "dead letter": f"{letters}{chosen.letter}/change/",
        "outbox": "/admin/messaging/outboxmessage/",
        "replays": "/admin/messaging/replay/",
        "responses": responses,
        "responses by key": _with(responses, q=chosen.response_key),
        "response": f"{responses}{chosen.response}/change/",
    }


def _with(path: str, **query: object) -> str:
    return f"{path}?{urlencode(query)}"


def measure_pages(ours: Instance, chosen: Chosen) -> dict[str, PageTime]:
    """Each page, and each list that the first page leads to.

    Raises:
        BenchmarkError: a page was not answered with 200.
    """
    browser = Browser(ours.port)
    browser.log_in(ADMIN, PASSWORD)
    paths = page_paths(chosen)
    for path in sorted(set(_LISTS.findall(browser.get("/admin/")))):
        if path not in paths.values():
            paths[f"list {path.removeprefix('/admin/').rstrip('/')}"] = path
    return {name: _measure(ours, browser, path) for name, path in paths.items()}


def _measure(ours: Instance, browser: "Browser", path: str) -> PageTime:
    began = time.perf_counter()
    page = browser.get(path)
    first_ms, times = (time.perf_counter() - began) * 1000, []
    cpu = sum(cpu_seconds(ours.families).values())
    for _ in range(TIMES):
        began = time.perf_counter()
        page = browser.get(path)
        times.append((time.perf_counter() - began) * 1000)
    cpu_ms = (sum(cpu_seconds(ours.families).values()) - cpu) * 1000 / TIMES
    return PageTime(path, round(first_ms, 1), round(median(times), 1), round(cpu_ms, 1), round(len(page) / 1024, 1))


def as_dict(pages: Mapping[str, PageTime]) -> dict[str, dict[str, object]]:
    return {name: asdict(page) for name, page in pages.items()}


class Browser:
    """One keep-alive connection with cookies, as a browser has."""

    def __init__(self, port: int) -> None:
        self._web = HTTPConnection(LOOPBACK, port, timeout=300)
        self._cookies: dict[str, str] = {}

    def log_in(self, user: str, password: str) -> None:
        """Raises:
        BenchmarkError: the log-in was not accepted.
        """
        self.get("/admin/login/")
        form = {"username": user, "password": password, "csrfmiddlewaretoken": self._cookies["csrftoken"], "next": "/"}
        status, _ = self._request("POST", "/admin/login/", urlencode(form))
        if status not in _REDIRECTS:
            raise BenchmarkError(f"the log-in was answered {status}")

    def get(self, path: str) -> str:
        """Raises:
        BenchmarkError: not 200.
        """
        status, body = self._request("GET", path)
        if status != 200:
            raise BenchmarkError(f"{path} was answered {status}: {body[:500]}")
        return body

    def _request(self, method: str, path: str, form: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._web.request(method, path, form, headers)
        response = self._web.getresponse()
        body = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, value = cookie.split(";", 1)[0].split("=", 1)
            self._cookies[name] = value
        return response.status, body
