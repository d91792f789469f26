"""Promises about events: each is delivered, tells of something that is so, and takes effect once."""

from operations.audit.check import Check

MESSAGES = (
    Check(
        "outbox_delivered_in_time",
        "An event leaves the outbox soon, unless it is parked or waits behind one that is.",
        """
        SELECT key AS id, type || ' recorded ' || created_at AS detail
        FROM messaging_outboxmessage
        WHERE created_at < %(before)s
            AND key NOT IN (SELECT key FROM messaging_outboxmessage WHERE parked_at IS NOT NULL)
        """,
    ),
    Check(
        "outbox_tells_of_orders_that_exist",
        "No event without the order that it is about.",
        """
        SELECT key AS id, type AS detail
        FROM messaging_outboxmessage
        WHERE NOT EXISTS (SELECT FROM orders_order AS o WHERE o.id::text = key)
        """,
    ),
    # Effects do not say which event they come from, but each comes from one of its own, so they can be counted. Rows
    # without a key are of before migration 0005: for their consumer nothing can be said.
    Check(
        "effects_have_their_inbox_rows",
        "No consumer has done more for an order than it has received about it.",
        """
        SELECT key AS id, consumer || ' made ' || effects || ' and received ' || coalesce(received, 0) AS detail
        FROM (
            SELECT 'inventory' AS consumer, order_id::text AS key, count(*) AS effects
            FROM inventory_stockanswer GROUP BY order_id
            UNION ALL SELECT 'orders', order_id::text, count(*) FROM orders_timelineentry GROUP BY order_id
            UNION ALL SELECT 'invoicing', order_id::text, count(*) FROM invoicing_invoice GROUP BY order_id
        ) AS done LEFT JOIN (
            SELECT consumer, key, count(*) AS received FROM messaging_inboxentry GROUP BY consumer, key
        ) AS inbox USING (consumer, key)
        WHERE effects > coalesce(received, 0)
            AND consumer NOT IN (SELECT consumer FROM messaging_inboxentry WHERE key = '')
        """,
    ),
)
