"""Promises about what stock answered to orders, and what it holds for them."""

from operations.audit.check import Check, Scope

STOCK = (
    Check(
        "reservation_decision_once_an_order",
        "An order has at most one reservation decision, and every decision has its order.",
        Scope.ORDERS,
        """
        SELECT decision.order_id::text AS id,
            'decisions: ' || count(*) || ', orders: ' || count(DISTINCT o.id) AS detail
        FROM inventory_stockanswer AS decision LEFT JOIN orders_order AS o ON o.id = decision.order_id
        WHERE decision.order_id BETWEEN %(first)s AND %(last)s
        GROUP BY decision.order_id
        HAVING count(*) <> 1 OR count(o.id) = 0
        """,
    ),
    Check(
        "shortages_say_what_was_asked",
        "A shortage names, once for each sku, what the order asked of it, and less than that was available.",
        Scope.ORDERS,
        """
        WITH short AS (
            SELECT decision.order_id, short.sku, short.asked, short.available,
                count(*) OVER (PARTITION BY decision.order_id, short.sku) AS times
            FROM inventory_stockanswer AS decision
                CROSS JOIN jsonb_to_recordset(decision.shortages) AS short (sku text, asked numeric, available numeric)
            WHERE decision.order_id BETWEEN %(first)s AND %(last)s
        )
        SELECT order_id::text AS id,
            short.sku || ': asked ' || short.asked || ' of ' || coalesce(line.quantity, 0) || ', available '
            || short.available || CASE WHEN times > 1 THEN ', named ' || times || ' times' ELSE '' END AS detail
        FROM short
            LEFT JOIN LATERAL (
                SELECT sum(quantity) AS quantity FROM orders_orderline
                WHERE order_id = short.order_id AND sku = short.sku
            ) AS line ON true
        WHERE line.quantity IS DISTINCT FROM short.asked OR short.available >= short.asked OR times > 1
        """,
    ),
    Check(
        "reservations_are_the_orders_lines",
        "For an order that was reserved, what its lines add up to for each sku was reserved; for others nothing was.",
        Scope.ORDERS,
        """
        WITH asked AS (
            SELECT line.order_id, line.sku, sum(line.quantity) AS quantity
            FROM orders_orderline AS line JOIN inventory_stockanswer AS decision ON decision.order_id = line.order_id
            WHERE line.order_id BETWEEN %(first)s AND %(last)s AND outcome = 'reserved'
            GROUP BY line.order_id, line.sku
        ), reserved AS (
            SELECT order_id, sku, sum(reserved_change) AS quantity
            FROM inventory_stockmovement
            WHERE order_id BETWEEN %(first)s AND %(last)s AND kind = 'reservation'
            GROUP BY order_id, sku
        )
        SELECT order_id::text AS id,
            sku || ': asked ' || coalesce(asked.quantity, 0) || ', reserved ' || coalesce(reserved.quantity, 0)
            AS detail
        FROM asked FULL JOIN reserved USING (order_id, sku)
        WHERE asked.quantity IS DISTINCT FROM reserved.quantity
        """,
    ),
    Check(
        "reservations_stand_in_the_ledger",
        "What is held for an order is what was reserved for it by the ledger, and neither sent nor released.",
        Scope.ORDERS,
        """
        WITH booked AS (
            SELECT order_id, sku, sum(reserved_change) AS quantity
            FROM inventory_stockmovement
            WHERE order_id BETWEEN %(first)s AND %(last)s
            GROUP BY order_id, sku
        ), held AS (
            SELECT answer_id AS order_id, sku, quantity
            FROM inventory_reservation
            WHERE answer_id BETWEEN %(first)s AND %(last)s
        )
        SELECT order_id::text AS id,
            sku || ': held ' || coalesce(held.quantity, 0) || ', booked ' || coalesce(booked.quantity, 0) AS detail
        FROM booked FULL JOIN held USING (order_id, sku)
        WHERE coalesce(booked.quantity, 0) <> coalesce(held.quantity, 0)
        """,
    ),
)
