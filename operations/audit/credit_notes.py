"""Promises about credit notes: parts of invoices, to the cent, and together never more than was billed."""

from operations.audit.check import Check, Scope

# What was billed and what all credit notes together take back, by line; a CTE of what a range of orders has.
_LINES = """
    billed AS (
        SELECT number AS invoice_number, invoice.currency, content,
            (content ->> 'line_no')::numeric AS line_no, (content ->> 'quantity')::numeric AS quantity,
            (content ->> 'unit_price')::numeric AS unit_price, (content ->> 'tax_rate')::numeric AS tax_rate,
            (content ->> 'net')::numeric AS net
        FROM invoicing_invoice AS invoice CROSS JOIN jsonb_array_elements(lines) AS line (content)
        WHERE order_id BETWEEN %(first)s AND %(last)s
            AND number IN (
                SELECT invoice_number FROM invoicing_creditnote WHERE order_id BETWEEN %(first)s AND %(last)s
            )
    ), credited AS (
        SELECT invoice_number, number, content, (content ->> 'line_no')::numeric AS line_no,
            (content ->> 'quantity')::numeric AS quantity, (content ->> 'tax_rate')::numeric AS tax_rate,
            coalesce(content ->> 'tax_category', '') AS category, (content ->> 'net')::numeric AS net
        FROM invoicing_creditnote CROSS JOIN jsonb_array_elements(lines) AS line (content)
        WHERE order_id BETWEEN %(first)s AND %(last)s
    )
"""

CREDIT_NOTES = (
    # The function is that of the trigger which sealed it: operations/migrations/0003.
    Check(
        "credit_note_is_as_it_was_issued",
        "A credit note is, in all that it says, what the seal of its issue says.",
        Scope.ORDERS,
        """
        SELECT note.number AS id,
            'digest ' || note.digest || ', when issued ' || coalesce(seal.digest, 'none')
            AS detail
        FROM sealed_credit_note AS note LEFT JOIN operations_creditnoteseal AS seal ON seal.number = note.number
        WHERE note.order_id BETWEEN %(first)s AND %(last)s
            AND seal.digest IS DISTINCT FROM note.digest
        """,
    ),
    Check(
        "issued_credit_note_is_there",
        "No credit note is missing that was once issued.",
        Scope.WHOLE,
        """
        SELECT seal.number AS id, 'was issued, and is not there' AS detail
        FROM operations_creditnoteseal AS seal LEFT JOIN invoicing_creditnote AS note ON note.number = seal.number
        WHERE note.number IS NULL
        """,
    ),
    Check(
        "credit_note_is_of_its_invoice",
        "A credit note has order, client, customer, currency and addresses of an invoice that came before it.",
        Scope.ORDERS,
        """
        SELECT note.number AS id, 'invoice ' || invoice_number || ': '
            || CASE WHEN invoice.number IS NULL THEN 'not there' ELSE 'of another, or issued later' END AS detail
        FROM invoicing_creditnote AS note LEFT JOIN invoicing_invoice AS invoice ON invoice.number = invoice_number
        WHERE note.order_id BETWEEN %(first)s AND %(last)s
            AND ((note.order_id, note.order_reference, note.client_id, note.customer_id, note.currency, note.bill_to,
                    note.ship_to)
                IS DISTINCT FROM (invoice.order_id, invoice.order_reference, invoice.client_id, invoice.customer_id,
                    invoice.currency, invoice.bill_to, invoice.ship_to)
                OR note.issued_at < invoice.issued_at - %(clock_tolerance)s
                OR note.issued_at > statement_timestamp() + %(clock_tolerance)s)
        """,
    ),
    Check(
        "credit_note_lines_are_those_of_its_invoice",
        "A line of a credit note says what was billed, and takes back one unit or more, once.",
        Scope.ORDERS,
        f"""
        WITH {_LINES}
        SELECT credited.number AS id,
            'line ' || coalesce(line_no::text, 'without a number') || ': not as it was billed' AS detail
        FROM credited LEFT JOIN billed USING (invoice_number, line_no)
        GROUP BY credited.number, line_no
        HAVING count(*) > 1 OR min(credited.quantity) < 1
            OR bool_or((credited.content - 'quantity' - 'net') IS DISTINCT FROM (billed.content - 'quantity' - 'net'))
        """,
    ),
    Check(
        "credit_notes_are_within_what_was_billed",
        "Over all credit notes of an invoice, no line is taken back more often than it was billed.",
        Scope.ORDERS,
        f"""
        WITH {_LINES}
        SELECT invoice_number AS id,
            'line ' || line_no || ': billed ' || min(billed.quantity) || ', credited ' || sum(credited.quantity)
            AS detail
        FROM credited JOIN billed USING (invoice_number, line_no)
        GROUP BY invoice_number, line_no
        HAVING sum(credited.quantity) > min(billed.quantity)
        """,
    ),
    # By what it comes to in the end, unlike invoicing/portions.py, which goes from one credit note to the next.
    Check(
        "credited_units_come_to_their_price",
        "What was credited of a line, over all credit notes, is the price of these units, rounded once.",
        Scope.ORDERS,
        f"""
        WITH {_LINES}
        SELECT invoice_number AS id, 'line ' || line_no || ': ' || sum(credited.quantity) || ' × ' || min(unit_price)
            || ' is not ' || sum(credited.net) AS detail
        FROM credited JOIN billed USING (invoice_number, line_no) LEFT JOIN currency ON code = billed.currency
        GROUP BY invoice_number, line_no
        HAVING sum(credited.net) IS DISTINCT FROM CASE
            WHEN sum(credited.quantity) = min(billed.quantity) THEN min(billed.net)
            ELSE round(sum(credited.quantity) * min(unit_price), min(decimals)) END
        """,
    ),
    Check(
        "credited_taxes_are_those_of_what_was_credited",
        "The tax of a rate, over all credit notes, is the rate of all that was credited under it, rounded once.",
        Scope.ORDERS,
        f"""
        WITH {_LINES}, told AS (
            SELECT invoice_number, note.currency, part.rate, coalesce(part.category, '') AS category,
                sum(part.net) AS net, sum(part.tax) AS tax
            FROM invoicing_creditnote AS note
                CROSS JOIN jsonb_to_recordset(taxes) AS part (rate numeric, category text, net numeric, tax numeric)
            WHERE order_id BETWEEN %(first)s AND %(last)s
            GROUP BY invoice_number, note.currency, part.rate, coalesce(part.category, '')
        ), due AS (
            SELECT invoice_number, tax_rate AS rate, category, sum(net) AS net
            FROM credited GROUP BY invoice_number, tax_rate, category
        )
        SELECT invoice_number AS id, 'rate ' || rate || ': lines ' || coalesce(due.net::text, 'none') || ', taxed '
            || coalesce(told.net || ', tax ' || told.tax, 'none') AS detail
        FROM due FULL JOIN told USING (invoice_number, rate, category) LEFT JOIN currency ON code = told.currency
        WHERE told.net IS DISTINCT FROM due.net OR told.tax IS DISTINCT FROM round(told.net * rate, decimals)
        """,
    ),
    Check(
        "credit_note_adds_up",
        "A credit note's net is the sum of its lines and of its taxes' nets, its tax that of its taxes.",
        Scope.ORDERS,
        """
        SELECT number AS id, net || ' + ' || tax || ' = ' || total || ', lines ' || lines_net || ', taxes '
            || taxes_net || ' and ' || taxes_tax AS detail
        FROM invoicing_creditnote AS note
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(line.net), 0) AS lines_net FROM jsonb_to_recordset(lines) AS line (net numeric)
            ) AS of_lines
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(part.net), 0) AS taxes_net, coalesce(sum(part.tax), 0) AS taxes_tax
                FROM jsonb_to_recordset(taxes) AS part (net numeric, tax numeric)
            ) AS of_taxes
        WHERE order_id BETWEEN %(first)s AND %(last)s
            AND (net, net, tax, total) IS DISTINCT FROM (lines_net, taxes_net, taxes_tax, net + tax)
        """,
    ),
    Check(
        "cancellation_reached_invoicing",
        "What was cancelled of an order, invoicing knows, or the event is on its way; and it knows nothing else.",
        Scope.ORDERS,
        """
        WITH cancelled AS (
            SELECT o.id AS order_id, cancelled_at, cancellation_reason AS reason, jsonb_agg(
                jsonb_build_object('line_no', line_no, 'quantity', cancelled_quantity) ORDER BY line_no
            ) AS lines
            FROM orders_order AS o JOIN orders_orderline AS line ON line.order_id = o.id
            WHERE o.id BETWEEN %(first)s AND %(last)s AND cancelled_at IS NOT NULL AND cancelled_quantity > 0
            GROUP BY o.id, cancelled_at, cancellation_reason
        ), known AS (
            SELECT order_id, reason, (SELECT jsonb_agg(line ORDER BY (line ->> 'line_no')::numeric)
                FROM jsonb_array_elements(lines) AS line) AS lines
            FROM invoicing_cancelledorder
            WHERE order_id BETWEEN %(first)s AND %(last)s
        )
        SELECT order_id::text AS id, 'cancelled ' || coalesce(cancelled.lines::text, 'nothing')
            || ', known to invoicing ' || coalesce(known.lines::text, 'nothing') AS detail
        FROM cancelled FULL JOIN known USING (order_id)
        WHERE (cancelled.reason, cancelled.lines) IS DISTINCT FROM (known.reason, known.lines)
            AND NOT (known.order_id IS NULL AND (cancelled_at >= %(before)s OR EXISTS (
                SELECT FROM in_flight
                WHERE key = order_id::text AND consumer = 'invoicing' AND type = 'order.cancelled.v1'
            )))
        """,
    ),
    Check(
        "cancelled_units_are_credited",
        "Units of an invoice whose order was cancelled are credited.",
        Scope.ORDERS,
        """
        SELECT invoice.number AS id, 'line ' || billed.line_no || ': billed ' || billed.quantity || ', cancelled '
            || cancelled.quantity || ', credited ' || coalesce(credited.quantity, 0) AS detail
        FROM invoicing_cancelledorder AS known
            JOIN invoicing_invoice AS invoice ON invoice.order_id = known.order_id
            CROSS JOIN jsonb_to_recordset(known.lines) AS cancelled (line_no int, quantity numeric)
            JOIN LATERAL jsonb_to_recordset(invoice.lines) AS billed (line_no int, quantity numeric)
                ON billed.line_no = cancelled.line_no
            LEFT JOIN LATERAL (
                SELECT sum(line.quantity) AS quantity
                FROM invoicing_creditnote AS note
                    CROSS JOIN jsonb_to_recordset(note.lines) AS line (line_no int, quantity numeric)
                WHERE note.invoice_number = invoice.number AND line.line_no = billed.line_no
            ) AS credited ON true
        WHERE known.order_id BETWEEN %(first)s AND %(last)s
            AND coalesce(credited.quantity, 0) < least(cancelled.quantity, billed.quantity)
        """,
    ),
)
