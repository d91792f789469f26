"""What the database holds in the end."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from tests.chaos.journal import Lines
from tests.e2e.system import System

K = TypeVar("K")
Units = Mapping[int, int]  # by the number of a line
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class StoredLine:
    sku: str
    quantity: int
    fulfilled: int = 0
    cancelled: int = 0
    unit_price: Decimal = Decimal(0)

    @property
    def open(self) -> int:
        return self.quantity - self.fulfilled - self.cancelled


@dataclass(frozen=True)
class StoredOrder:
    """`ordered`: its lines by their numbers, from 1."""

    id: str
    reference: str
    status: str
    invoice_number: str
    ordered: tuple[StoredLine, ...]
    may_wait: bool = False
    placed_at: datetime = LONG_AGO
    cancelled_from: str = ""
    reason: str = ""  # of its cancellation
    waited: bool = False  # for stock, as far as the order knows
    decision: str = ""  # the inventory's
    credit_notes: tuple[str, ...] = ()  # that it shows

    @property
    def lines(self) -> Lines:
        return tuple((line.sku, line.quantity) for line in self.ordered)

    @property
    def was_confirmed(self) -> bool:
        return bool({self.status, self.cancelled_from} & {"confirmed", "partly_fulfilled", "fulfilled"})


@dataclass(frozen=True)
class StoredInvoice:
    number: str
    order_id: str
    series: str  # with its year
    sequence: int
    quantities: Units = field(default_factory=dict)
    total: Decimal = Decimal(0)


@dataclass(frozen=True)
class StoredCreditNote:
    """`by_hand`: a person wrote it, not a cancellation."""

    number: str
    invoice_number: str
    order_id: str
    series: str
    sequence: int
    quantities: Units
    reason: str
    restock: bool = False
    by_hand: bool = False
    total: Decimal = Decimal(0)


@dataclass(frozen=True)
class StoredShipment:
    id: int
    order_id: str
    tracking: str
    last: bool  # it completed the order
    quantities: Units


@dataclass(frozen=True)
class StoredMovement:
    """A row of the ledger; rows of a sku stand in the order in which they came."""

    sku: str
    kind: str
    on_hand: int = 0
    reserved: int = 0
    backordered: int = 0
    order_id: str | None = None
    reference: str = ""
    document: str = ""
    counted: int | None = None


@dataclass(frozen=True)
class StoredPrice:
    sku: str
    unit_price: Decimal
    valid_from: datetime
    set_at: datetime
    by_staff: bool = False


@dataclass(frozen=True)
class Stored:
    """`stock`: units on hand, reserved and waited for, by sku."""

    orders: list[StoredOrder]
    invoices: list[StoredInvoice]
    stock: dict[str, tuple[int, int, int]]
    credit_notes: list[StoredCreditNote] = field(default_factory=list)
    shipments: list[StoredShipment] = field(default_factory=list)
    movements: list[StoredMovement] = field(default_factory=list)
    prices: list[StoredPrice] = field(default_factory=list)
    unpublished: int = 0  # rows of the outbox, parked ones too
    dead_letters: int = 0


_ORDERS = """
    SELECT o.id::text, reference, status, invoice_number, allow_backorder, placed_at, cancelled_from,
        cancellation_reason, o.shortages IS NOT NULL, coalesce(outcome, ''), credit_notes
    FROM orders_order AS o LEFT JOIN inventory_stockanswer AS decision ON decision.order_id = o.id
    ORDER BY o.id
"""
_LINES = """
    SELECT order_id::text, sku, quantity, fulfilled_quantity, cancelled_quantity, unit_price
    FROM orders_orderline ORDER BY order_id, line_no
"""
_INVOICES = """
    SELECT number, order_id::text, series || '-' || year, sequence, lines, total FROM invoicing_invoice ORDER BY number
"""
_CREDIT_NOTES = """
    SELECT number, invoice_number, order_id::text, series || '-' || year, sequence, lines, reason, restock,
        actor <> '', total
    FROM invoicing_creditnote ORDER BY number
"""
_SHIPMENTS = """
    SELECT id, order_id::text, tracking, completes_order,
        (SELECT json_agg(line) FROM orders_shipmentline AS line WHERE shipment_id = shipment.id)
    FROM orders_shipment AS shipment ORDER BY id
"""
_MOVEMENTS = """
    SELECT sku, kind, on_hand_change, reserved_change, backordered_change, order_id::text, reference, document, counted
    FROM inventory_stockmovement ORDER BY id
"""
_PRICES = """
    SELECT product_id, unit_price, valid_from, set_at, actor = 'chaos-staff' FROM orders_price
    WHERE price_list_id = 'GBP' ORDER BY product_id, valid_from
"""


def read_stored(system: System) -> Stored:
    """All that the judge wants to know. Nothing may be changing any more."""
    lines = _grouped((order_id, StoredLine(*row)) for order_id, *row in system.query(_LINES))
    stock = system.query("SELECT sku, on_hand, reserved, backordered FROM inventory_stockitem")
    return Stored(
        orders=[
            StoredOrder(
                order_id, reference, status, invoice_number, tuple(lines[order_id]), *facts, credit_notes=tuple(notes)
            )
            for order_id, reference, status, invoice_number, *facts, notes in system.query(_ORDERS)
        ],
        invoices=[
            StoredInvoice(*invoice, quantities=_units(billed), total=total)
            for *invoice, billed, total in system.query(_INVOICES)
        ],
        stock={sku: (on_hand, reserved, awaited) for sku, on_hand, reserved, awaited in stock},
        credit_notes=[
            StoredCreditNote(number, invoice_number, order_id, series, sequence, _units(credited), *facts)
            for number, invoice_number, order_id, series, sequence, credited, *facts in system.query(_CREDIT_NOTES)
        ],
        shipments=[
            StoredShipment(*shipment, quantities=_units(taken)) for *shipment, taken in system.query(_SHIPMENTS)
        ],
        movements=[StoredMovement(*row) for row in system.query(_MOVEMENTS)],
        prices=[StoredPrice(*row) for row in system.query(_PRICES)],
        unpublished=system.count("messaging_outboxmessage"),
        dead_letters=system.count("messaging_deadletter"),
    )


def _grouped(pairs: Iterable[tuple[K, Any]]) -> dict[K, list[Any]]:
    groups: dict[K, list[Any]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _units(lines: Iterable[Mapping[str, Any]]) -> Units:
    return {line["line_no"]: line["quantity"] for line in lines}
