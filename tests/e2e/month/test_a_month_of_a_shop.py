"""A month of a shop, shortened to the nine days of real orders that there are, with too little of everything.

Four days are imported, the others placed over HTTP, to addresses. In between staff receive, send, cancel and take back,
while processes are killed. In the end the books are compared with what tests/e2e/month/books.py makes of the files.
MONTH_DOCUMENTS: how many documents are validated (100); MONTH_EVERY: each how many-th order staff work on (5).
"""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from tests.chaos.rest import comes_to_rest
from tests.e2e.month.books import COUNTRIES, Sale, asked_of, read_sales
from tests.e2e.month.killer import Killer
from tests.e2e.month.staff import PERMISSIONS, Memory, Staff
from tests.e2e.system import System, running_system
from tests.validators.run import require_java, validate

ON_HAND = 200
IMPORTED_DAYS = 4
EVERY = int(os.environ.get("MONTH_EVERY", "5"))
DOCUMENTS = int(os.environ.get("MONTH_DOCUMENTS", "100"))
IMPORT = ("import_orders", "--profile", "online-retail", "--create-products", "--on-hand", str(ON_HAND))
SETTINGS = ("--tax-rate", "0.20", "--default-customer", "GUEST", "--json")
CONTAINERS = (5, 7)  # the days on which much of what is short comes at once


@dataclass(frozen=True)
class Month:
    """The shop after its month, at rest. `opening`: the units on hand of each sku in the beginning."""

    system: System
    staff: Staff
    sales: dict[str, Sale]
    opening: Mapping[str, int]
    killed: Counter[str]

    @property
    def memory(self) -> Memory:
        return self.staff.memory


@pytest.fixture(scope="module")
def month(retail_files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("month")
    days = [read_sales([path]) for path in retail_files]
    with running_system(folder) as system:
        token = system.manage("create_api_client", "staff", "--permission", *PERMISSIONS).stdout.strip()
        staff = Staff(system, token, seed=12)
        system.manage("import_catalogue", str(_catalogue(folder, days[IMPORTED_DAYS:])))
        levels = system.query("SELECT sku, on_hand FROM inventory_stockitem")
        with Killer(system, lambda: staff.answers) as killer:
            for number, day in enumerate(days):
                if number >= IMPORTED_DAYS:
                    _place(staff, [sale for sale in day.values() if sale.is_order])
                elif number % 2 == 0:
                    _import(system, staff, retail_files[number : number + 2])
                staff.receive(_short(days[: number + 1], staff, 8), f"delivery-{number}")
                if number in CONTAINERS:
                    _import_stock(system, staff, folder, _short(days[: number + 1], staff, 2000))
                if number:
                    staff.work_on(_some(days[number - 1], staff))
        staff.work_on(_some(days[-1], staff))
        assert comes_to_rest(system, seconds=120)
        sales = {name: sale for day in days for name, sale in day.items()}
        yield Month(system, staff, sales, defaultdict(lambda: ON_HAND, levels), killer.killed)


def _import(system: System, staff: Staff, files: list[str]) -> None:
    report = json.loads(system.manage(*IMPORT, *SETTINGS, *files).stdout)
    assert report["accepted"] > 0
    imported = system.query("SELECT reference, id::text FROM orders_order WHERE source = 'import'")
    staff.memory.orders |= dict(imported)


def _place(staff: Staff, orders: list[Sale]) -> None:
    for sale in orders:
        sale.rate *= COUNTRIES.get(sale.country, "GB") == "GB"  # what leaves the country is not taxed
    for first in range(0, len(orders), 40):
        staff.place(orders[first : first + 40])


def _catalogue(folder: Path, days: list[dict[str, Sale]]) -> Path:
    """Products that no imported order brings with it, with as few units."""
    products = {line.sku: line for day in days for sale in day.values() for line in sale.lines if sale.is_order}
    path = folder / "month.csv"
    rows = [f"{sku},Goods {sku},{line.price},GBP,0.2,{ON_HAND}" for sku, line in products.items()]
    path.write_text("\n".join(["sku,name,unit_price,currency,tax_rate,on_hand", *rows, ""]))
    return path


def _short(days: list[dict[str, Sale]], staff: Staff, most: int) -> dict[str, int]:
    """The skus of which most is wanting, and half of what is."""
    asked = asked_of(sale for day in days for sale in day.values() if sale.is_order)
    wanting = {sku: units - ON_HAND - staff.memory.received[sku] for sku, units in asked.items()}
    worst = sorted(wanting, key=lambda sku: (-wanting[sku], sku))[:most]
    return {sku: (wanting[sku] + 1) // 2 for sku in worst if wanting[sku] > 0}


def _import_stock(system: System, staff: Staff, folder: Path, skus: dict[str, int]) -> None:
    path = folder / "delivery.csv"
    rows = [f"{sku},receipt,{units},Container {len(staff.memory.received)}" for sku, units in skus.items()]
    path.write_text("\n".join(["sku,kind,quantity,document", *rows, ""]))
    system.manage("import_stock", str(path))
    staff.memory.received.update(skus)


def _some(day: dict[str, Sale], staff: Staff) -> list[str]:
    return [reference for reference in day if reference in staff.memory.orders][::EVERY]


def test_everybody_was_killed_and_everything_happened(month):
    statuses = Counter(status for (status,) in month.system.query("SELECT status FROM orders_order"))
    served = month.system.count("orders_order WHERE shortages IS NOT NULL AND invoice_number <> ''")
    print(dict(statuses), served, month.killed, month.memory.refused, len(month.memory.credited))

    assert len(month.killed) >= 3  # on a slow machine a process takes long to come back
    for status in ("backordered", "confirmed", "partly_fulfilled", "fulfilled", "cancelled", "rejected"):
        assert statuses[status] > 0, status
    assert served > 20
    assert len(month.memory.credited) > 20


def test_the_audit_finds_nothing(month):
    pending = month.system.audit()["pending"]

    assert {name: count for name, count in pending.items() if count and name != "backordered"} == {}


def test_the_ledger_balances(month):
    """Levels are what staff remember: what was there and came in, less what was sent, and what orders are owed."""
    memory, sales = month.memory, month.sales
    owed: Counter[str] = Counter()
    orders = "SELECT reference FROM orders_order WHERE status IN ('confirmed', 'partly_fulfilled')"
    for (reference,) in month.system.query(orders):
        owed.update(asked_of([sales[reference]]))
        owed.subtract(memory.sent_of[memory.orders[reference]])
    back = memory.back + _brought_back_by_imports(month)
    stocked = {line.sku for sale in sales.values() for line in sale.lines}
    found = {
        sku: (on_hand, reserved)
        for sku, on_hand, reserved in month.system.query("SELECT sku, on_hand, reserved FROM inventory_stockitem")
        if sku in stocked
    }

    assert found == {
        sku: (month.opening[sku] + memory.received[sku] - memory.sent[sku] + back[sku], owed[sku]) for sku in found
    }
    assert len(found) > 2000


def _brought_back_by_imports(month: Month) -> Counter[str]:
    """Units by sku of returns in the files, of which staff do not know."""
    back: Counter[str] = Counter()
    for number, lines in month.system.query("SELECT number, lines FROM invoicing_creditnote WHERE restock"):
        if number not in month.memory.credited:
            back.update({line["sku"]: line["quantity"] for line in lines})
    return back


def test_invoices_come_to_what_the_files_say(month):
    orders = dict(month.system.query("SELECT reference, status FROM orders_order WHERE reference <> ''"))
    rows = month.system.query("SELECT order_reference, sequence, net, tax, total FROM invoicing_invoice")
    billed = {reference: (net, tax, total) for reference, _, net, tax, total in rows}
    expected = {reference: _amounts(*_whole(month.sales[reference])) for reference in billed}

    assert sorted(sequence for _, sequence, *_ in rows) == list(range(1, len(rows) + 1))
    assert billed == expected
    assert sum(total for *_, total in rows) == sum(total for *_, total in expected.values()) > 100_000
    due = {
        reference for reference, status in orders.items() if status in ("confirmed", "partly_fulfilled", "fulfilled")
    }
    assert due <= billed.keys()
    assert {orders[reference] for reference in billed.keys() - due} <= {"cancelled"}


def test_credit_notes_come_to_what_was_cancelled_and_taken_back(month):
    """Each is the difference of what was taken back until then and before, rounded as a whole."""
    rows = month.system.query(
        """
        SELECT number, sequence, order_reference, lines, net, tax, total FROM invoicing_creditnote ORDER BY sequence
        """
    )
    taken: dict[str, Counter[int]] = defaultdict(Counter)
    found, expected = {}, {}
    for number, _, reference, lines, net, tax, total in rows:
        units = {line["line_no"]: line["quantity"] for line in lines}
        assert month.memory.credited.get(number, units) == units
        before = month.sales[reference].comes_to(taken[reference])
        taken[reference].update(units)
        after = month.sales[reference].comes_to(taken[reference])
        found[number] = (net, tax, total)
        expected[number] = _amounts(after[0] - before[0], after[1] - before[1])

    assert [sequence for _, sequence, *_ in rows] == list(range(1, len(rows) + 1))
    assert found == expected
    assert sum(total for *_, total in found.values()) == sum(total for *_, total in expected.values()) > 0
    assert month.memory.credited.keys() <= found.keys()
    invoiced = {reference for (reference,) in month.system.query("SELECT order_reference FROM invoicing_invoice")}
    whole = "SELECT reference FROM orders_order WHERE status = 'cancelled'"
    cancelled = {reference for (reference,) in month.system.query(whole)}
    assert cancelled <= month.memory.cancelled
    for reference in cancelled & invoiced:
        assert taken[reference] == month.sales[reference].quantities


def test_a_hundred_documents_pass_the_validators(month, tmp_path):
    """Each is of another number: some as PDF, the others in one of both syntaxes, all by EN 16931."""
    require_java()
    jobs = [
        _job(month, tmp_path, place, *document) for place, document in enumerate(_addressed(month.system)[:DOCUMENTS])
    ]

    found = validate(jobs, tmp_path)

    assert {path.name: verdict for path, verdict in found.items() if verdict != "valid"} == {}
    assert len(found) == DOCUMENTS
    assert len({kind for kind, _ in jobs}) >= 4


def _addressed(system: System) -> list[tuple[str, bool]]:
    """The documents of orders with an address: each a number, and whether it is a credit note; both in turns."""
    numbers = "SELECT number FROM invoicing_{} WHERE bill_to ? 'country' ORDER BY number"
    invoices = [(number, False) for (number,) in system.query(numbers.format("invoice"))]
    notes = [(number, True) for (number,) in system.query(numbers.format("creditnote"))]
    half = DOCUMENTS // 2
    return [*notes[:half], *invoices]


def _job(month: Month, folder: Path, place: int, number: str, is_credit_note: bool) -> tuple[str, Path]:
    if place % 16 == 0:
        kind, address = "pdf", ".pdf"
    elif place % 2:
        kind, address = "en16931-cii", ".xml?syntax=cii"
    else:
        kind, address = f"en16931-ubl{'-credit' if is_credit_note else ''}", ".xml?syntax=ubl"
    path = folder / f"{number}.{'pdf' if kind == 'pdf' else 'xml'}"
    path.write_bytes(month.staff.file(f"/invoices/{number}{address}"))
    return kind, path


def _whole(sale: Sale) -> tuple[Decimal, Decimal]:
    return sale.comes_to(sale.quantities)


def _amounts(net: Decimal, tax: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    return net, tax, net + tax
