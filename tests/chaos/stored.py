"""What the database holds in the end."""

from dataclasses import dataclass

from tests.chaos.journal import Lines
from tests.e2e.system import System


@dataclass(frozen=True)
class StoredOrder:
    id: str
    reference: str
    status: str
    invoice_number: str
    lines: Lines


@dataclass(frozen=True)
class StoredInvoice:
    number: str
    order_id: str
    series: str  # with its year
    sequence: int


@dataclass(frozen=True)
class Stored:
    """`stock`: units on hand and units reserved by sku."""

    orders: list[StoredOrder]
    invoices: list[StoredInvoice]
    stock: dict[str, tuple[int, int]]
    unpublished: int  # rows of the outbox, parked ones too
    dead_letters: int


def read_stored(system: System) -> Stored:
    """All that the judge wants to know. Nothing may be changing any more."""
    lines: dict[str, list[tuple[str, int]]] = {}
    for order_id, sku, quantity in system.query(
        "SELECT order_id::text, sku, quantity FROM orders_orderline ORDER BY order_id, line_no"
    ):
        lines.setdefault(order_id, []).append((sku, quantity))
    orders = system.query("SELECT id::text, reference, status, invoice_number FROM orders_order")
    invoices = system.query("SELECT number, order_id::text, series || '-' || year, sequence FROM invoicing_invoice")
    stock = system.query("SELECT sku, on_hand, reserved FROM inventory_stockitem")
    return Stored(
        orders=[StoredOrder(*row, lines=tuple(lines.get(row[0], ()))) for row in orders],
        invoices=[StoredInvoice(*row) for row in invoices],
        stock={sku: (on_hand, reserved) for sku, on_hand, reserved in stock},
        unpublished=system.count("messaging_outboxmessage"),
        dead_letters=system.count("messaging_deadletter"),
    )
