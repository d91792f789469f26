"""Promises about stock: answers to orders, reservations, the ledger and the levels."""

from operations.audit.check import Check

STOCK = (
    Check(
        "stock_answer_once_an_order",
        "An order has at most one stock answer, and every answer has its order.",
        """
        SELECT answer.order_id::text AS id, 'answers: ' || count(*) || ', orders: ' || count(DISTINCT o.id) AS detail
        FROM inventory_stockanswer AS answer LEFT JOIN orders_order AS o ON o.id = answer.order_id
        GROUP BY answer.order_id
        HAVING count(*) <> 1 OR count(o.id) = 0
        """,
    ),
    Check(
        "shortages_say_what_was_asked",
        "A shortage names what the order asked of a sku, and less than that was available.",
        """
        SELECT answer.order_id::text AS id,
            short.sku || ': asked ' || short.asked || ' of ' || coalesce(line.quantity, 0) || ', available '
            || short.available AS detail
        FROM inventory_stockanswer AS answer
            CROSS JOIN jsonb_to_recordset(answer.shortages) AS short (sku text, asked numeric, available numeric)
            LEFT JOIN LATERAL (
                SELECT sum(quantity) AS quantity FROM orders_orderline
                WHERE order_id = answer.order_id AND sku = short.sku
            ) AS line ON true
        WHERE outcome = 'rejected' AND (line.quantity IS DISTINCT FROM short.asked OR short.available >= short.asked)
        """,
    ),
    Check(
        "reservations_are_the_orders_lines",
        "Reserved orders hold what their lines add up to for each sku; others hold nothing.",
        """
        WITH asked AS (
            SELECT line.order_id, line.sku, sum(line.quantity) AS quantity
            FROM orders_orderline AS line JOIN inventory_stockanswer AS answer ON answer.order_id = line.order_id
            WHERE outcome = 'reserved' GROUP BY line.order_id, line.sku
        )
        SELECT coalesce(asked.order_id, answer_id)::text AS id,
            coalesce(asked.sku, held.sku) || ': asked ' || coalesce(asked.quantity, 0) || ', held '
            || coalesce(held.quantity, 0) AS detail
        FROM asked FULL JOIN inventory_reservation AS held ON answer_id = asked.order_id AND held.sku = asked.sku
        WHERE asked.quantity IS DISTINCT FROM held.quantity
        """,
    ),
    Check(
        "reservations_stand_in_the_ledger",
        "What is held for an order was booked for it in the ledger.",
        """
        WITH booked AS (
            SELECT order_id, sku, sum(reserved_change) AS quantity
            FROM inventory_stockmovement WHERE order_id IS NOT NULL GROUP BY order_id, sku
        )
        SELECT coalesce(booked.order_id, answer_id)::text AS id,
            coalesce(booked.sku, held.sku) || ': held ' || coalesce(held.quantity, 0) || ', booked '
            || coalesce(booked.quantity, 0) AS detail
        FROM booked FULL JOIN inventory_reservation AS held ON answer_id = booked.order_id AND held.sku = booked.sku
        WHERE coalesce(booked.quantity, 0) <> coalesce(held.quantity, 0)
        """,
    ),
    Check(
        "stock_reserved_is_the_sum_of_reservations",
        "What is reserved of a sku is what orders hold of it.",
        """
        WITH held AS (SELECT sku, sum(quantity) AS quantity FROM inventory_reservation GROUP BY sku)
        SELECT sku AS id, 'reserved ' || coalesce(reserved, 0) || ', held ' || coalesce(quantity, 0) AS detail
        FROM inventory_stockitem FULL JOIN held USING (sku)
        WHERE coalesce(reserved, 0) <> coalesce(quantity, 0)
        """,
    ),
    Check(
        "stock_levels_are_the_sums_of_the_ledger",
        "The levels of a sku are the sums of its movements.",
        """
        WITH ledger AS (
            SELECT sku, sum(on_hand_change) AS on_hand, sum(reserved_change) AS reserved
            FROM inventory_stockmovement GROUP BY sku
        )
        SELECT sku AS id,
            'on hand ' || coalesce(item.on_hand, 0) || ', ledger ' || coalesce(ledger.on_hand, 0)
            || '; reserved ' || coalesce(item.reserved, 0) || ', ledger ' || coalesce(ledger.reserved, 0) AS detail
        FROM inventory_stockitem AS item FULL JOIN ledger USING (sku)
        WHERE (coalesce(item.on_hand, 0), coalesce(item.reserved, 0))
            <> (coalesce(ledger.on_hand, 0), coalesce(ledger.reserved, 0))
        """,
    ),
    Check(
        "stock_reserved_within_on_hand",
        "Nothing is oversold: 0 ≤ reserved ≤ on hand.",
        """
        SELECT sku AS id, 'reserved ' || reserved || ', on hand ' || on_hand AS detail
        FROM inventory_stockitem
        WHERE reserved < 0 OR reserved > on_hand
        """,
    ),
)
