"""Promises about invoices: one for each confirmed order, a true copy, and never changed."""

from invoicing.events import Line
from operations.audit import struct_fields
from operations.audit.check import Check, Scope
from operations.audit.evidence import was_confirmed

INVOICES = (
    Check(
        "confirmed_order_invoiced_or_in_flight",
        "Every order that was confirmed, and not cancelled then, has an invoice, or the event is on its way.",
        Scope.ORDERS,
        """
        SELECT o.id::text AS id,
            'confirmed ' || coalesce(confirmed.at, decision.at)::text || ', no invoice' AS detail
        FROM orders_order AS o
            LEFT JOIN orders_timelineentry AS confirmed
                ON confirmed.order_id = o.id AND confirmed.event = 'order.confirmed.v1'
            LEFT JOIN inventory_stockanswer AS decision ON decision.order_id = o.id
        WHERE o.id BETWEEN %(first)s AND %(last)s
            AND status IN ('confirmed', 'partly_fulfilled', 'fulfilled')
            AND coalesce(confirmed.at, decision.at, '-infinity') < %(before)s
            AND NOT EXISTS (SELECT FROM invoicing_invoice AS invoice WHERE invoice.order_id = o.id)
            AND NOT EXISTS (
                SELECT FROM in_flight
                WHERE key = o.id::text AND consumer = 'invoicing' AND type = 'order.confirmed.v1'
            )
        """,
    ),
    Check(
        "invoice_once_an_order",
        "No order has two invoices.",
        Scope.ORDERS,
        """
        SELECT order_id::text AS id, 'invoices: ' || string_agg(number, ', ' ORDER BY number) AS detail
        FROM invoicing_invoice
        WHERE order_id BETWEEN %(first)s AND %(last)s
        GROUP BY order_id
        HAVING count(*) > 1
        """,
    ),
    Check(
        "invoice_only_of_a_confirmed_order",
        "No invoice without an order that was confirmed.",
        Scope.ORDERS,
        f"""
        SELECT number AS id, 'order ' || order_id || ': ' || coalesce(status, 'not there') AS detail
        FROM invoicing_invoice AS invoice LEFT JOIN orders_order AS o ON o.id = invoice.order_id
        WHERE order_id BETWEEN %(first)s AND %(last)s AND {was_confirmed("o")} IS NOT TRUE
        """,
    ),
    # The function is that of the trigger which sealed it: operations/migrations/0001.
    Check(
        "invoice_is_as_it_was_issued",
        "An invoice is, in all that it says, what the seal of its issue says.",
        Scope.ORDERS,
        """
        SELECT invoice.number AS id,
            'digest ' || invoice.digest || ', when issued ' || coalesce(seal.digest, 'none')
            AS detail
        FROM sealed_invoice AS invoice
            LEFT JOIN operations_invoiceseal AS seal ON seal.number = invoice.number
            LEFT JOIN django_migrations AS sealing
                ON sealing.app = 'operations' AND sealing.name = '0001_invoice_seals'
        WHERE invoice.order_id BETWEEN %(first)s AND %(last)s
            AND seal.digest IS DISTINCT FROM invoice.digest
            AND NOT (seal.number IS NULL AND coalesce(invoice.issued_at < sealing.applied, false))
        """,
    ),
    Check(
        "issued_invoice_is_there",
        "No invoice is missing that was once issued.",
        Scope.WHOLE,
        """
        SELECT seal.number AS id, 'was issued, and is not there' AS detail
        FROM operations_invoiceseal AS seal LEFT JOIN invoicing_invoice AS invoice ON invoice.number = seal.number
        WHERE invoice.number IS NULL
        """,
    ),
    Check(
        "invoice_is_a_copy_of_its_order",
        "An invoice has the amounts, currency, customer, client, reference and addresses of its order.",
        Scope.ORDERS,
        """
        SELECT number AS id,
            concat_ws(' ', invoice.net, invoice.tax, invoice.currency, invoice.customer_id, order_reference)
            || ', order: ' || concat_ws(' ', o.net, o.tax, o.currency, o.customer_id, o.reference) AS detail
        FROM invoicing_invoice AS invoice JOIN orders_order AS o ON o.id = invoice.order_id
        WHERE o.id BETWEEN %(first)s AND %(last)s
            AND (invoice.net, invoice.tax, invoice.total, invoice.currency, invoice.customer_id, invoice.client_id,
                order_reference, invoice.bill_to, invoice.ship_to)
            IS DISTINCT FROM (o.net, o.tax, o.total, o.currency, o.customer_id, o.client_id, o.reference,
                coalesce(o.bill_to, '{}') || jsonb_build_object('customer_id', o.customer_id), o.ship_to)
        """,
    ),
    Check(
        "invoice_lines_are_those_of_its_order",
        "An invoice has the very lines of its order.",
        Scope.ORDERS,
        f"""
        WITH billed AS (
            SELECT number, {struct_fields.columns(Line)}
            FROM invoicing_invoice AS invoice JOIN orders_order AS o ON o.id = order_id
                CROSS JOIN jsonb_to_recordset(invoice.lines) AS line ({struct_fields.types(Line)})
            WHERE o.id BETWEEN %(first)s AND %(last)s
        ), ordered AS (
            SELECT number, {struct_fields.columns(Line)}
            FROM invoicing_invoice AS invoice JOIN orders_orderline AS line USING (order_id)
            WHERE order_id BETWEEN %(first)s AND %(last)s
        )
        SELECT number AS id, 'line ' || line_no || ': billed otherwise than ordered' AS detail
        FROM (
            (TABLE billed EXCEPT ALL TABLE ordered) UNION ALL (TABLE ordered EXCEPT ALL TABLE billed)
        ) AS different
        GROUP BY number, line_no
        """,
    ),
    Check(
        "invoice_taxes_are_those_of_its_order",
        "An invoice has the very taxes of its order.",
        Scope.ORDERS,
        """
        SELECT number AS id, 'taxes ' || invoice.taxes::text || ', order: ' || o.taxes::text AS detail
        FROM invoicing_invoice AS invoice JOIN orders_order AS o ON o.id = invoice.order_id
        WHERE o.id BETWEEN %(first)s AND %(last)s AND invoice.taxes <> o.taxes
        """,
    ),
    Check(
        "order_shows_its_own_invoice",
        "The invoice number that an order shows is that of its invoice.",
        Scope.ORDERS,
        """
        SELECT o.id::text AS id, 'shows ' || invoice_number || ', which is not its own' AS detail
        FROM orders_order AS o
        WHERE o.id BETWEEN %(first)s AND %(last)s
            AND invoice_number <> '' AND NOT EXISTS (
                SELECT FROM invoicing_invoice AS invoice WHERE invoice.order_id = o.id AND number = invoice_number
            )
        """,
    ),
    Check(
        "invoice_reached_order_in_time",
        "An order shows its invoice once it is issued.",
        Scope.ORDERS,
        """
        SELECT o.id::text AS id, number || ' issued ' || issued_at || ', not shown' AS detail
        FROM orders_order AS o JOIN invoicing_invoice AS invoice ON invoice.order_id = o.id
        WHERE o.id BETWEEN %(first)s AND %(last)s
            AND invoice_number = '' AND issued_at < %(before)s
            AND NOT EXISTS (
                SELECT FROM in_flight
                WHERE key = o.id::text AND consumer = 'orders' AND type = 'invoice.issued.v1'
            )
        """,
    ),
)
