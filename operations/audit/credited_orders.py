"""Promises about what orders and stock make of credit notes: they are shown, and what comes back is on hand."""

from operations.audit.check import Check, Scope

CREDITED_ORDERS = (
    Check(
        "order_shows_its_own_credit_notes",
        "The credit notes that an order shows are its own, each once.",
        Scope.ORDERS,
        """
        SELECT o.id::text AS id,
            'shows ' || shown.number || ' ' || count(*) || ' times, its own ' || count(note.number) AS detail
        FROM orders_order AS o
            CROSS JOIN jsonb_array_elements_text(o.credit_notes) AS shown (number)
            LEFT JOIN invoicing_creditnote AS note ON note.number = shown.number AND note.order_id = o.id
        WHERE o.id BETWEEN %(first)s AND %(last)s
        GROUP BY o.id, shown.number
        HAVING count(*) > 1 OR count(note.number) = 0
        """,
    ),
    Check(
        "credit_note_reached_order_in_time",
        "An order shows a credit note once it is issued.",
        Scope.ORDERS,
        """
        SELECT note.number AS id, 'issued ' || issued_at || ', not shown by order ' || order_id AS detail
        FROM invoicing_creditnote AS note JOIN orders_order AS o ON o.id = note.order_id
        WHERE o.id BETWEEN %(first)s AND %(last)s
            AND NOT o.credit_notes ? note.number AND issued_at < %(before)s
            AND NOT EXISTS (
                SELECT FROM in_flight
                WHERE key = o.id::text AND consumer = 'orders' AND type = 'credit_note.issued.v1'
            )
        """,
    ),
    Check(
        "credited_goods_are_on_hand",
        "What a credit note says came back is booked for it, once, and nothing else; or its event is on its way.",
        Scope.ORDERS,
        """
        WITH returned AS (
            SELECT order_id, number AS reference, issued_at, line.sku, sum(line.quantity) AS quantity
            FROM invoicing_creditnote CROSS JOIN jsonb_to_recordset(lines) AS line (sku text, quantity numeric)
            WHERE order_id BETWEEN %(first)s AND %(last)s AND restock
            GROUP BY number, order_id, issued_at, line.sku
        ), booked AS (
            SELECT order_id, reference, sku, sum(on_hand_change) AS quantity
            FROM inventory_stockmovement
            WHERE order_id BETWEEN %(first)s AND %(last)s AND kind = 'return'
            GROUP BY order_id, reference, sku
        )
        SELECT order_id::text AS id,
            reference || ', ' || sku || ': came back ' || coalesce(returned.quantity, 0) || ', booked '
            || coalesce(booked.quantity, 0) AS detail
        FROM returned FULL JOIN booked USING (order_id, reference, sku)
        WHERE returned.quantity IS DISTINCT FROM booked.quantity
            AND NOT (
                NOT EXISTS (SELECT FROM booked AS any_of WHERE any_of.reference = returned.reference) AND (
                    coalesce(issued_at >= %(before)s, false)
                    OR EXISTS (
                        SELECT FROM in_flight
                        WHERE key = order_id::text AND consumer = 'inventory' AND type = 'credit_note.issued.v1'
                    )
                    OR EXISTS (
                        SELECT FROM inventory_pendingreturn AS pending
                            JOIN in_flight ON key = order_id::text AND consumer = 'inventory'
                                AND type IN ('order.partly_fulfilled.v1', 'order.fulfilled.v1')
                        WHERE pending.reference = returned.reference
                    )
                )
            )
        """,
    ),
    Check(
        "only_what_was_sent_is_credited_as_back",
        "What credit notes say came back of a line, over all of them, had been sent.",
        Scope.ORDERS,
        """
        WITH returned AS (
            SELECT order_id, line.line_no, sum(line.quantity) AS quantity
            FROM invoicing_creditnote
                CROSS JOIN jsonb_to_recordset(lines) AS line (line_no integer, quantity numeric)
            WHERE order_id BETWEEN %(first)s AND %(last)s AND restock
            GROUP BY order_id, line.line_no
        )
        SELECT order_id::text AS id,
            'line ' || line_no || ': came back ' || returned.quantity || ', sent ' || fulfilled_quantity AS detail
        FROM returned JOIN orders_orderline AS line USING (order_id, line_no)
        WHERE returned.quantity > fulfilled_quantity
        """,
    ),
    Check(
        "nothing_comes_back_before_it_was_sent",
        "After each movement for an order, no more of a sku had come back than was issued.",
        Scope.ORDERS,
        """
        WITH moved AS (
            SELECT order_id, sku, id AS movement,
                sum(on_hand_change) OVER (PARTITION BY order_id, sku ORDER BY id ROWS UNBOUNDED PRECEDING) AS excess
            FROM inventory_stockmovement
            WHERE order_id BETWEEN %(first)s AND %(last)s AND kind IN ('issue', 'return')
        )
        SELECT DISTINCT ON (order_id, sku) order_id::text AS id,
            sku || ': after movement ' || movement || ', ' || excess || ' more came back than were sent' AS detail
        FROM moved
        WHERE excess > 0
        ORDER BY order_id, sku, movement
        """,
    ),
    Check(
        "imported_returns_are_their_credit_notes",
        "An imported return names the credit notes that an import issued for it, all of them and no others.",
        Scope.WHOLE,
        """
        WITH named AS (
            SELECT reference, number
            FROM operations_importedreturn CROSS JOIN jsonb_array_elements_text(credit_notes) AS named (number)
        ), issued AS (
            SELECT number, reason FROM invoicing_creditnote WHERE actor = '(importer)'
        )
        SELECT coalesce(min(reference), number) AS id, number || ': issued for '
            || coalesce(min(reason), 'nothing') || ', named by ' || coalesce(string_agg(reference, ', '), 'no return')
            AS detail
        FROM named FULL JOIN issued USING (number)
        GROUP BY number
        HAVING count(reference) <> 1 OR count(reason) <> 1
            OR NOT starts_with(min(reason) || ' ', 'Return ' || min(reference) || ' ')
        """,
    ),
)
