"""Promises about stock of orders that were sent or cancelled: what orders say of it, the ledger says too."""

from operations.audit.check import Check, Scope
from orders.shipment_numbers import shipment_number_in_sql

DEPARTURES = (
    Check(
        "shipments_are_issued_from_stock",
        "What a shipment took is booked out of stock for it, once, or its event is on its way.",
        Scope.ORDERS,
        f"""
        WITH sent AS (
            SELECT shipment.order_id, shipment.shipped_at, sku,
                {shipment_number_in_sql("shipment.id")} AS reference,
                sum(taken.quantity) AS quantity
            FROM orders_shipment AS shipment
                JOIN orders_shipmentline AS taken ON taken.shipment_id = shipment.id
                JOIN orders_orderline AS line ON line.order_id = shipment.order_id AND line.line_no = taken.line_no
            WHERE shipment.order_id BETWEEN %(first)s AND %(last)s
            GROUP BY shipment.id, shipment.order_id, shipment.shipped_at, sku
        ), issued AS (
            SELECT order_id, reference, sku, -sum(on_hand_change) AS quantity
            FROM inventory_stockmovement
            WHERE order_id BETWEEN %(first)s AND %(last)s AND kind = 'issue'
            GROUP BY order_id, reference, sku
        )
        SELECT order_id::text AS id,
            reference || ', ' || sku || ': sent ' || coalesce(sent.quantity, 0) || ', issued '
            || coalesce(issued.quantity, 0) AS detail
        FROM sent FULL JOIN issued USING (order_id, reference, sku)
        WHERE sent.quantity IS DISTINCT FROM issued.quantity
            AND NOT (
                NOT EXISTS (SELECT FROM issued AS booked WHERE booked.reference = sent.reference) AND (
                    coalesce(shipped_at >= %(before)s, false)  -- what no shipment took has no excuse
                    OR EXISTS (
                        SELECT FROM in_flight
                        WHERE key = order_id::text AND consumer = 'inventory'
                            AND type IN ('order.partly_fulfilled.v1', 'order.fulfilled.v1')
                    )
                )
            )
        """,
    ),
    Check(
        "cancelled_orders_are_released",
        "Of an order that was reserved, what was cancelled is released, and nothing else, or its event is on its way.",
        Scope.ORDERS,
        """
        WITH cancelled AS (
            SELECT o.id AS order_id, cancelled_at, sku, sum(cancelled_quantity) AS quantity
            FROM orders_order AS o
                JOIN orders_orderline AS line ON line.order_id = o.id
                JOIN inventory_stockanswer AS decision ON decision.order_id = o.id AND outcome = 'reserved'
            WHERE o.id BETWEEN %(first)s AND %(last)s AND cancelled_quantity > 0
            GROUP BY o.id, cancelled_at, sku
        ), released AS (
            SELECT order_id, sku, -sum(reserved_change) AS quantity
            FROM inventory_stockmovement
            WHERE order_id BETWEEN %(first)s AND %(last)s AND kind = 'release'
            GROUP BY order_id, sku
        )
        SELECT order_id::text AS id,
            sku || ': cancelled ' || coalesce(cancelled.quantity, 0) || ', released '
            || coalesce(released.quantity, 0) AS detail
        FROM cancelled FULL JOIN released USING (order_id, sku)
        WHERE cancelled.quantity IS DISTINCT FROM released.quantity
            AND NOT (
                NOT EXISTS (SELECT FROM released AS booked WHERE booked.order_id = cancelled.order_id) AND (
                    cancelled_at >= %(before)s
                    OR EXISTS (
                        SELECT FROM in_flight
                        WHERE key = order_id::text AND consumer = 'inventory' AND type = 'order.cancelled.v1'
                    )
                )
            )
        """,
    ),
    Check(
        "only_cancelled_orders_are_decided_on_so",
        "Stock decides `cancelled` only on an order that was cancelled.",
        Scope.ORDERS,
        """
        SELECT decision.order_id::text AS id, 'decided cancelled, order ' || coalesce(o.status, 'not there') AS detail
        FROM inventory_stockanswer AS decision LEFT JOIN orders_order AS o ON o.id = decision.order_id
        WHERE decision.order_id BETWEEN %(first)s AND %(last)s AND outcome = 'cancelled'
            AND o.status <> 'cancelled'
        """,
    ),
)
