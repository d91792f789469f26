"""Promises about invoices: one for each confirmed order, a true copy, under a number without gaps."""

from operations.audit.check import Check

INVOICES = (
    Check(
        "confirmed_order_invoiced_or_in_flight",
        "Every confirmed order has an invoice, or the event is on its way, or it was confirmed a moment ago.",
        """
        SELECT o.id::text AS id, 'confirmed ' || entry.at || ', no invoice' AS detail
        FROM orders_order AS o
            JOIN orders_timelineentry AS entry ON entry.order_id = o.id AND event LIKE 'order.confirmed.%%'
        WHERE status = 'confirmed' AND entry.at < %(before)s
            AND NOT EXISTS (SELECT FROM invoicing_invoice AS invoice WHERE invoice.order_id = o.id)
            AND NOT EXISTS (SELECT FROM on_its_way WHERE key = o.id::text)
        """,
    ),
    Check(
        "invoice_once_an_order",
        "No order has two invoices.",
        """
        SELECT order_id::text AS id, 'invoices: ' || string_agg(number, ', ' ORDER BY number) AS detail
        FROM invoicing_invoice
        GROUP BY order_id
        HAVING count(*) > 1
        """,
    ),
    Check(
        "invoice_only_of_a_confirmed_order",
        "No invoice without an order that was confirmed.",
        """
        SELECT number AS id, 'order ' || order_id || ': ' || coalesce(status, 'not there') AS detail
        FROM invoicing_invoice AS invoice LEFT JOIN orders_order AS o ON o.id = invoice.order_id
        WHERE status IS DISTINCT FROM 'confirmed'
        """,
    ),
    Check(
        "invoice_is_a_copy_of_its_order",
        "An invoice has the amounts, the currency, the customer, the client and the reference of its order.",
        """
        SELECT number AS id,
            concat_ws(' ', invoice.net, invoice.tax, invoice.currency, invoice.customer_id, order_reference)
            || ', order: ' || concat_ws(' ', o.net, o.tax, o.currency, o.customer_id, o.reference) AS detail
        FROM invoicing_invoice AS invoice JOIN orders_order AS o ON o.id = invoice.order_id
        WHERE (invoice.net, invoice.tax, invoice.total, invoice.currency, invoice.customer_id, invoice.client_id,
                order_reference, bill_to ->> 'customer_id')
            IS DISTINCT FROM (o.net, o.tax, o.total, o.currency, o.customer_id, o.client_id, o.reference, o.customer_id)
        """,
    ),
    Check(
        "invoice_lines_are_those_of_its_order",
        "An invoice has the very lines of its order.",
        """
        WITH billed AS (
            SELECT number, line.*
            FROM invoicing_invoice AS invoice JOIN orders_order AS o ON o.id = order_id
                CROSS JOIN jsonb_to_recordset(invoice.lines) AS line (
                    line_no numeric, sku text, name text, quantity numeric, unit_price numeric, tax_rate numeric,
                    net numeric)
        ), ordered AS (
            SELECT number, line_no, sku, name, quantity, unit_price, tax_rate, line.net
            FROM invoicing_invoice AS invoice JOIN orders_orderline AS line USING (order_id)
        )
        SELECT number AS id, 'line ' || line_no || ': billed otherwise than ordered' AS detail
        FROM (
            (SELECT * FROM billed EXCEPT ALL SELECT * FROM ordered)
            UNION ALL
            (SELECT * FROM ordered EXCEPT ALL SELECT * FROM billed)
        ) AS different
        GROUP BY number, line_no
        """,
    ),
    Check(
        "invoice_taxes_are_those_of_its_order",
        "An invoice has the very taxes of its order.",
        """
        SELECT number AS id, 'taxes ' || invoice.taxes::text || ', order: ' || o.taxes::text AS detail
        FROM invoicing_invoice AS invoice JOIN orders_order AS o ON o.id = invoice.order_id
        WHERE invoice.taxes <> o.taxes
        """,
    ),
    Check(
        "invoice_numbers_without_gap",
        "In each series and year the numbers run from 1 without a gap or a repeat.",
        """
        SELECT series || '-' || year AS id,
            'invoices: ' || count(*) || ', numbers: ' || min(sequence) || ' to ' || max(sequence) AS detail
        FROM invoicing_invoice
        GROUP BY series, year
        HAVING min(sequence) <> 1 OR max(sequence) <> count(*) OR count(DISTINCT sequence) <> count(*)
        """,
    ),
    Check(
        "invoice_number_says_where_it_stands",
        "An invoice's number is made of its series, the year in which it was issued, and its place in it.",
        """
        SELECT number AS id, series || ', ' || year || ', ' || sequence || ', issued ' || issued_at AS detail
        FROM invoicing_invoice
        WHERE number <> series || '-' || year || '-' || lpad(sequence::text, greatest(6, length(sequence::text)), '0')
            OR year <> extract(year FROM issued_at AT TIME ZONE 'UTC')
        """,
    ),
    Check(
        "invoice_counter_is_at_the_last_number",
        "The counter of a series and year stands at the last number taken.",
        """
        WITH taken AS (SELECT series, year, max(sequence) AS last FROM invoicing_invoice GROUP BY series, year)
        SELECT series || '-' || year AS id,
            'counter at ' || coalesce(counter.last, 0) || ', last number ' || coalesce(taken.last, 0) AS detail
        FROM invoicing_invoicecounter AS counter FULL JOIN taken USING (series, year)
        WHERE coalesce(counter.last, 0) <> coalesce(taken.last, 0)
        """,
    ),
    Check(
        "order_shows_its_own_invoice",
        "The invoice number that an order shows is that of its invoice.",
        """
        SELECT o.id::text AS id, 'shows ' || invoice_number || ', which is not its own' AS detail
        FROM orders_order AS o
        WHERE invoice_number <> '' AND NOT EXISTS (
            SELECT FROM invoicing_invoice AS invoice WHERE invoice.order_id = o.id AND number = invoice_number
        )
        """,
    ),
    Check(
        "invoice_reached_order_in_time",
        "An order shows its invoice once it is issued.",
        """
        SELECT o.id::text AS id, number || ' issued ' || issued_at || ', not shown' AS detail
        FROM orders_order AS o JOIN invoicing_invoice AS invoice ON invoice.order_id = o.id
        WHERE invoice_number = '' AND issued_at < %(before)s
            AND NOT EXISTS (SELECT FROM on_its_way WHERE key = o.id::text)
        """,
    ),
)
