"""The consumers of the system, by name: what `consume_orders` runs."""

from collections.abc import Mapping
from dataclasses import replace

from inventory.consumers import CONSUMER as INVENTORY
from inventory.events import StockBackordered, StockRejected, StockReserved
from inventory.selectors import recorded_as_reserved, recorded_backorders, recorded_rejections
from invoicing.consumers import consumer as invoicing_consumer
from invoicing.events import CreditNoteIssued, InvoiceIssued
from invoicing.selectors import recorded_credit_notes, recorded_numbers
from messaging.consuming.batches import Consumer
from messaging.consuming.verification import Records
from orders.consumers import CONSUMER as ORDERS
from orders.events import OrderCancelled, OrderConfirmed, OrderFulfilled, OrderPartlyFulfilled, OrderPlaced
from orders.lifecycle.announcements import (
    recorded_cancellations,
    recorded_last_shipments,
    recorded_part_shipments,
)
from orders.selectors import cancellation_times, recorded_as_confirmed, recorded_lines, shipped_units

# Apps never import each other: here each gets the records of the publishers whose events it reads.
RECORDS_OF: Mapping[str, Records] = {
    OrderPlaced.TYPE: recorded_lines,
    OrderConfirmed.TYPE: recorded_as_confirmed,
    OrderCancelled.TYPE: recorded_cancellations,
    OrderPartlyFulfilled.TYPE: recorded_part_shipments,
    OrderFulfilled.TYPE: recorded_last_shipments,
    StockReserved.TYPE: recorded_as_reserved,
    StockBackordered.TYPE: recorded_backorders,
    StockRejected.TYPE: recorded_rejections,
    InvoiceIssued.TYPE: recorded_numbers,
    CreditNoteIssued.TYPE: recorded_credit_notes,
}
CONSUMERS: Mapping[str, Consumer] = {
    consumer.name: replace(consumer, records_of=RECORDS_OF)
    for consumer in (
        ORDERS,
        INVENTORY,
        invoicing_consumer(shipments_of=shipped_units, cancelled_at_of=cancellation_times),
    )
}
TOPICS = ("orders", "inventory", "invoicing", "backorders")
