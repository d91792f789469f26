"""Promises about what of an order was sent, and what was cancelled."""

from operations.audit.check import Check, Scope

FULFILMENT = (
    Check(
        "sent_quantities_are_those_of_the_shipments",
        "What a line says was sent of it is what the shipments of its order took.",
        Scope.ORDERS,
        """
        WITH sent AS (
            SELECT order_id, line_no, sum(quantity) AS quantity
            FROM orders_shipment JOIN orders_shipmentline ON shipment_id = orders_shipment.id
            WHERE order_id BETWEEN %(first)s AND %(last)s
            GROUP BY order_id, line_no
        ), line AS (
            SELECT order_id, line_no, fulfilled_quantity FROM orders_orderline
            WHERE order_id BETWEEN %(first)s AND %(last)s
        )
        SELECT order_id::text AS id,
            'line ' || line_no || ': says ' || coalesce(fulfilled_quantity, 0) || ', shipments took '
            || coalesce(quantity, 0) AS detail
        FROM line FULL JOIN sent USING (order_id, line_no)
        WHERE coalesce(fulfilled_quantity, 0) <> coalesce(quantity, 0)
        """,
    ),
    Check(
        "order_status_agrees_with_its_quantities",
        "An order is partly fulfilled while some of it was sent and some is open, fulfilled if nothing is open and "
        "something was sent, cancelled if all of it was cancelled; of any other, nothing was sent or cancelled.",
        Scope.ORDERS,
        """
        WITH line AS (
            SELECT order_id, sum(quantity) AS ordered, sum(fulfilled_quantity) AS sent,
                sum(cancelled_quantity) AS cancelled
            FROM orders_orderline
            WHERE order_id BETWEEN %(first)s AND %(last)s
            GROUP BY order_id
        )
        SELECT o.id::text AS id,
            status || ': of ' || ordered || ' sent ' || sent || ', cancelled ' || cancelled AS detail
        FROM orders_order AS o JOIN line ON line.order_id = o.id
        WHERE NOT CASE status
            WHEN 'partly_fulfilled' THEN sent > 0 AND cancelled = 0 AND sent < ordered
            WHEN 'fulfilled' THEN sent > 0 AND sent + cancelled = ordered
                AND (cancelled > 0) = (cancelled_at IS NOT NULL)
            WHEN 'cancelled' THEN sent = 0 AND cancelled = ordered
            ELSE sent = 0 AND cancelled = 0
        END
        """,
    ),
    Check(
        "last_shipment_completes_its_order",
        "A shipment says that it completed its order if it did, and has lines.",
        Scope.ORDERS,
        """
        WITH shipment AS (
            SELECT id, order_id, completes_order,
                id = max(id) OVER (PARTITION BY order_id) AS is_last,
                EXISTS (SELECT FROM orders_shipmentline WHERE shipment_id = orders_shipment.id) AS has_lines
            FROM orders_shipment
            WHERE order_id BETWEEN %(first)s AND %(last)s
        )
        SELECT order_id::text AS id, 'shipment ' || shipment.id || ' of an order that is ' || status AS detail
        FROM shipment JOIN orders_order AS o ON o.id = order_id
        WHERE NOT has_lines
            OR completes_order <> (is_last AND status = 'fulfilled' AND cancelled_at IS NULL)
        """,
    ),
    Check(
        "shipment_lines_have_their_shipment",
        "No line of a shipment that there is not.",
        Scope.WHOLE,
        """
        SELECT 'shipment ' || shipment_id AS id, 'line ' || line_no || ' of no shipment' AS detail
        FROM orders_shipmentline AS line
        WHERE NOT EXISTS (SELECT FROM orders_shipment AS shipment WHERE shipment.id = shipment_id)
        """,
    ),
)
