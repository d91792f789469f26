"""All checks, and what is counted as pending."""

from collections.abc import Mapping

from operations.audit.amounts import AMOUNTS
from operations.audit.backorders import BACKORDERS
from operations.audit.check import Check
from operations.audit.credit_notes import CREDIT_NOTES
from operations.audit.credited_orders import CREDITED_ORDERS
from operations.audit.departures import DEPARTURES
from operations.audit.documents import DOCUMENTS
from operations.audit.fulfilment import FULFILMENT
from operations.audit.invoices import INVOICES
from operations.audit.ledger import LEDGER
from operations.audit.messages import MESSAGES
from operations.audit.numbering import NUMBERING
from operations.audit.orders import ORDERS
from operations.audit.prices import PRICES
from operations.audit.responses import RESPONSES
from operations.audit.stock import STOCK
from operations.audit.timelines import TIMELINES
from operations.audit.valuation import VALUATION
from orders.shipment_numbers import shipment_number_in_sql

CHECKS: tuple[Check, ...] = (
    *AMOUNTS,
    *ORDERS,
    *FULFILMENT,
    *TIMELINES,
    *RESPONSES,
    *STOCK,
    *BACKORDERS,
    *DEPARTURES,
    *LEDGER,
    *VALUATION,
    *INVOICES,
    *DOCUMENTS,
    *CREDIT_NOTES,
    *CREDITED_ORDERS,
    *NUMBERING,
    *MESSAGES,
    *PRICES,
)

# What is under way or waits for a person: it breaks no promise, but one wants to know. Each query gives one number.
PENDING: Mapping[str, str] = {
    "unanswered": """
        SELECT count(*) FROM orders_order AS o
        WHERE status = 'placed'
            AND NOT EXISTS (SELECT FROM inventory_stockanswer AS decision WHERE decision.order_id = o.id)
    """,
    "unconfirmed": """
        SELECT count(*) FROM orders_order AS o JOIN inventory_stockanswer AS decision ON decision.order_id = o.id
        WHERE status = 'placed'
    """,
    "backordered": "SELECT count(*) FROM orders_order WHERE status = 'backordered'",
    "uninvoiced": """
        SELECT count(*) FROM orders_order AS o
        WHERE status IN ('confirmed', 'partly_fulfilled', 'fulfilled')
            AND NOT EXISTS (SELECT FROM invoicing_invoice AS invoice WHERE invoice.order_id = o.id)
    """,
    "unshown": """
        SELECT count(*) FROM orders_order AS o JOIN invoicing_invoice AS invoice ON invoice.order_id = o.id
        WHERE invoice_number = ''
    """,
    "unissued": f"""
        SELECT count(*) FROM orders_shipment AS shipment
        WHERE NOT EXISTS (
            SELECT FROM inventory_stockmovement AS movement
            WHERE movement.order_id = shipment.order_id AND kind = 'issue'
                AND reference = {shipment_number_in_sql("shipment.id")}
        )
    """,
    "unreleased": """
        SELECT count(*) FROM orders_order AS o
        WHERE cancelled_at IS NOT NULL
            AND EXISTS (SELECT FROM inventory_reservation AS held WHERE held.answer_id = o.id)
    """,
    "outbox": "SELECT count(*) FROM messaging_outboxmessage WHERE parked_at IS NULL",
    "parked": "SELECT count(*) FROM messaging_outboxmessage WHERE parked_at IS NOT NULL",
    "dead_letters": "SELECT count(*) FROM messaging_deadletter WHERE state IN ('failed', 'waiting')",
    "deferred": "SELECT count(*) FROM messaging_deadletter WHERE state = 'deferred'",
}
