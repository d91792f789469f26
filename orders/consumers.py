"""What the orders app reads from the others."""

from messaging.consuming.batches import Consumer
from orders.events import CreditNoteIssued, InvoiceIssued, StockBackordered, StockRejected, StockReserved
from orders.handlers import backorder_orders, confirm_orders, record_credit_notes, record_invoices, reject_orders

CONSUMER = Consumer(
    name="orders",
    topics=("inventory", "invoicing"),
    handlers={
        StockReserved: confirm_orders,
        StockBackordered: backorder_orders,
        StockRejected: reject_orders,
        InvoiceIssued: record_invoices,
        CreditNoteIssued: record_credit_notes,
    },
    ignored=frozenset({"stock.low.v1", "credit_note.issued.v1"}),
)
