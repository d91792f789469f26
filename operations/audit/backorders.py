"""Promises about orders that wait for stock: that each waits for what it asks, and that nobody overtakes them."""

from operations.audit.check import Check, Scope
from operations.audit.scopes import WITHIN_SKUS

BACKORDERS = (
    Check(
        "order_waits_as_stock_decided",
        "An order that waits for stock, or has waited, shows what was short by its reservation decision.",
        Scope.ORDERS,
        """
        SELECT o.id::text AS id,
            status || ', shows ' || coalesce(o.shortages::text, 'nothing') || ', reservation decision: '
            || coalesce(outcome || ' ' || decision.shortages::text, 'none') AS detail
        FROM orders_order AS o LEFT JOIN inventory_stockanswer AS decision ON decision.order_id = o.id
        WHERE o.id BETWEEN %(first)s AND %(last)s
            AND (status = 'backordered' OR o.shortages IS NOT NULL)
            AND o.shortages IS DISTINCT FROM decision.shortages
        """,
    ),
    Check(
        "the_queue_is_who_waits",
        "An order that was backordered waits for what its lines add up to for each sku, by the queue and by the "
        "ledger; no other order waits for anything.",
        Scope.ORDERS,
        """
        WITH asked AS (
            SELECT line.order_id, line.sku, sum(line.quantity) AS quantity
            FROM orders_orderline AS line JOIN inventory_stockanswer AS decision ON decision.order_id = line.order_id
            WHERE line.order_id BETWEEN %(first)s AND %(last)s AND outcome = 'backordered'
            GROUP BY line.order_id, line.sku
        ), queued AS (
            SELECT order_id, sku, quantity FROM inventory_backorderline
            WHERE order_id BETWEEN %(first)s AND %(last)s
        ), booked AS (
            SELECT order_id, sku, sum(backordered_change) AS quantity
            FROM inventory_stockmovement
            WHERE order_id BETWEEN %(first)s AND %(last)s
            GROUP BY order_id, sku
            HAVING sum(backordered_change) <> 0
        )
        SELECT order_id::text AS id,
            sku || ': asked ' || coalesce(asked.quantity, 0) || ', queued ' || coalesce(queued.quantity, 0)
            || ', booked ' || coalesce(booked.quantity, 0) AS detail
        FROM asked FULL JOIN queued USING (order_id, sku) FULL JOIN booked USING (order_id, sku)
        WHERE asked.quantity IS DISTINCT FROM queued.quantity OR asked.quantity IS DISTINCT FROM booked.quantity
        """,
    ),
    Check(
        "stock_backordered_is_the_sum_of_the_queue",
        "What orders wait for of a sku is what stands in the queue.",
        Scope.SKUS,
        f"""
        WITH queue AS (
            SELECT sku, sum(quantity) AS quantity FROM inventory_backorderline WHERE {WITHIN_SKUS} GROUP BY sku
        ), item AS (
            SELECT sku, backordered FROM inventory_stockitem WHERE {WITHIN_SKUS}
        )
        SELECT sku AS id, 'backordered ' || coalesce(backordered, 0) || ', queued ' || coalesce(quantity, 0) AS detail
        FROM item FULL JOIN queue USING (sku)
        WHERE coalesce(backordered, 0) <> coalesce(quantity, 0)
        """,
    ),
    Check(
        "who_waits_is_not_overtaken",
        "Whenever an order was reserved at once, there was enough of the sku for it and for all who waited by then.",
        Scope.SKUS,
        f"""
        WITH level AS (
            SELECT sku, id, kind, backordered_change,
                sum(on_hand_change - reserved_change - backordered_change) OVER earlier AS left_over,
                sum(backordered_change) OVER earlier AS awaited
            FROM inventory_stockmovement
            WHERE {WITHIN_SKUS}
            WINDOW earlier AS (PARTITION BY sku ORDER BY id ROWS UNBOUNDED PRECEDING)
        )
        SELECT sku AS id, 'movement ' || id || ' left ' || left_over AS detail
        FROM level
        WHERE kind = 'reservation' AND backordered_change = 0 AND awaited > 0 AND left_over < 0
        """,
    ),
)
