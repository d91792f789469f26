"""Promises about events on the move: each is delivered, tells of something that is so, or waits for a person."""

from operations.audit.check import Check, Scope
from operations.audit.evidence import was_confirmed

MESSAGES = (
    Check(
        "outbox_delivered_in_time",
        "An event leaves the outbox soon, unless it is parked or waits behind one that is.",
        Scope.WHOLE,
        """
        SELECT key AS id, type || ' recorded ' || created_at AS detail
        FROM messaging_outboxmessage
        WHERE created_at < %(before)s
            AND key NOT IN (SELECT key FROM messaging_outboxmessage WHERE parked_at IS NOT NULL)
        """,
    ),
    Check(
        "outbox_tells_of_orders_that_exist",
        "No event without the order that it is about, or the stock item that ran low without one.",
        Scope.WHOLE,
        """
        SELECT key AS id, type AS detail
        FROM messaging_outboxmessage
        WHERE NOT EXISTS (SELECT FROM orders_order AS o WHERE o.id::text = key)
            AND NOT (type = 'stock.low.v1' AND EXISTS (SELECT FROM inventory_stockitem AS item WHERE item.sku = key))
        """,
    ),
    Check(
        "outbox_tells_what_is_so",
        "An event that is not yet delivered is of a known type, on its topic, and says of its order what is stored.",
        Scope.WHOLE,
        f"""
        WITH message AS (
            SELECT key, type, topic, CASE WHEN body IS JSON OBJECT THEN body::jsonb END AS body
            FROM messaging_outboxmessage
        )
        SELECT key AS id, type || ' on ' || topic || ' says ' || coalesce((body - 'lines')::text, 'no JSON') AS detail
        FROM message
            JOIN orders_order AS o ON o.id::text = key
            LEFT JOIN inventory_stockanswer AS decision ON decision.order_id = o.id
            LEFT JOIN invoicing_invoice AS invoice ON invoice.order_id = o.id
            LEFT JOIN invoicing_creditnote AS note ON note.order_id = o.id AND note.number = body ->> 'number'
            LEFT JOIN jsonb_to_record(message.body) AS said (
                order_id text, customer_id text, client_id numeric, currency text, reference text, net numeric,
                tax numeric, total numeric, lines jsonb, number text, shortages jsonb, reason text, shipment text,
                tracking text, shipped_at timestamptz) ON true
            LEFT JOIN orders_shipment AS shipment
                ON said.shipment ~ '^S-[0-9]{{6,18}}$' AND shipment.id = substr(said.shipment, 3)::bigint
        WHERE said.order_id IS DISTINCT FROM key
            OR (CASE
                WHEN type IN ('order.placed.v1', 'order.confirmed.v1') THEN topic = 'orders'
                    AND (said.customer_id, said.client_id, said.currency, said.reference, said.net, said.tax,
                        said.total, jsonb_array_length(said.lines))
                    = (o.customer_id, o.client_id, o.currency, o.reference, o.net, o.tax, o.total,
                        (SELECT count(*) FROM orders_orderline AS line WHERE line.order_id = o.id))
                    AND (type = 'order.placed.v1' OR {was_confirmed("o")})
                WHEN type = 'order.rejected.v1' THEN topic = 'orders' AND o.status = 'rejected'
                    AND said.shortages = o.rejection -> 'shortages'
                WHEN type = 'order.backordered.v1' THEN topic = 'orders'
                    AND (said.customer_id, said.client_id, said.reference, said.shortages)
                    = (o.customer_id, o.client_id, o.reference, o.shortages)
                WHEN type = 'order.cancelled.v1' THEN topic = 'orders' AND o.cancelled_at IS NOT NULL
                    AND (said.customer_id, said.client_id, said.reference, said.reason)
                    = (o.customer_id, o.client_id, o.reference, o.cancellation_reason)
                WHEN type IN ('order.partly_fulfilled.v1', 'order.fulfilled.v1') THEN topic = 'orders'
                    AND (said.customer_id, said.client_id, said.reference, shipment.order_id, shipment.completes_order,
                        said.tracking, said.shipped_at)
                    = (o.customer_id, o.client_id, o.reference, o.id, type = 'order.fulfilled.v1',
                        shipment.tracking, shipment.shipped_at)
                WHEN type = 'stock.reserved.v1' THEN topic = 'inventory' AND decision.outcome = 'reserved'
                WHEN type = 'stock.rejected.v1' THEN topic = 'inventory' AND decision.outcome = 'rejected'
                    AND said.shortages = decision.shortages
                WHEN type = 'stock.backordered.v1' THEN topic = 'inventory' AND said.shortages = decision.shortages
                WHEN type = 'stock.replenished.v1' THEN topic = 'backorders'
                WHEN type = 'stock.low.v1' THEN topic = 'inventory'
                WHEN type = 'invoice.issued.v1' THEN topic = 'invoicing'
                    AND (said.number, said.total) = (invoice.number, invoice.total)
                WHEN type = 'credit_note.issued.v1' THEN topic = 'invoicing'
                    AND (said.number, said.total, jsonb_array_length(said.lines))
                    = (note.number, note.total, jsonb_array_length(note.lines))
            END) IS NOT TRUE
        """,
    ),
    # A dead letter that was discarded is why its order goes no further: see `in_flight`.
    Check(
        "discarded_dead_letter_says_who_and_why",
        "Who discards a dead letter is on record with the reason.",
        Scope.WHOLE,
        """
        SELECT id::text AS id, consumer || ', ' || event_type || ' of ' || key AS detail
        FROM messaging_deadletter
        WHERE state = 'discarded' AND (resolved_by = '' OR reason = '')
        """,
    ),
    Check(
        "replays_count_what_they_did",
        "A replay says of how many dead letters what came of each, and those that it replayed are replayed.",
        Scope.WHOLE,
        """
        SELECT replay.id::text AS id, replay.state || ', ' || replay.total || ' dead letters, ' || replay.replayed
            || ' replayed; there are ' || coalesce(done.total, 0) || ' and ' || coalesce(done.replayed, 0) AS detail
        FROM messaging_replay AS replay LEFT JOIN (
            SELECT replay_id, count(*) AS total, count(*) FILTER (WHERE outcome = 'replayed') AS replayed,
                count(*) FILTER (WHERE outcome = 'failed') AS failed, count(*) FILTER (WHERE outcome = 'held') AS held,
                count(*) FILTER (WHERE outcome = 'settled') AS settled
            FROM messaging_replayitem GROUP BY replay_id
        ) AS done ON done.replay_id = replay.id
        WHERE (replay.total, replay.replayed, replay.failed, replay.held, replay.settled)
            IS DISTINCT FROM (done.total, done.replayed, done.failed, done.held, done.settled)
        UNION ALL
        SELECT replay_id::text, 'dead letter ' || dead_letter || ' was replayed, and is ' || letter.state
        FROM messaging_replayitem AS item JOIN messaging_deadletter AS letter ON letter.id = item.dead_letter
        WHERE item.outcome = 'replayed' AND letter.state <> 'replayed'
        """,
    ),
    Check(
        "message_times_are_past",
        "No event was recorded, handled or given up in the future.",
        Scope.WHOLE,
        """
        SELECT id, what || ' at ' || at AS detail
        FROM (
            SELECT key AS id, type || ' recorded' AS what, greatest(created_at, parked_at) AS at
            FROM messaging_outboxmessage
            UNION ALL
            SELECT key, event_type || ' given up by ' || consumer, greatest(created_at, resolved_at)
            FROM messaging_deadletter
            UNION ALL
            SELECT id::text, 'replayed for ' || consumer, greatest(started_at, finished_at) FROM messaging_replay
            UNION ALL
            SELECT key, 'event ' || event_id || ' handled by ' || consumer, handled_at
            FROM messaging_inboxentry
        ) AS message
        WHERE at > statement_timestamp() + %(clock_tolerance)s
        """,
    ),
    # Effects do not say which event they come from, but each comes from one of its own, so they can be counted.
    Check(
        "effects_have_their_inbox_rows",
        "No consumer has done more for an order than it has received about it.",
        Scope.MANY_ORDERS,
        """
        SELECT key AS id, consumer || ' made ' || effects || ' and received ' || coalesce(received, 0) AS detail
        FROM (
            SELECT consumer, order_id::text AS key, count(*) AS effects
            FROM (
                SELECT 'inventory' AS consumer, order_id, at FROM inventory_stockanswer
                -- One for each shipment, and one for a cancellation. A return may wait for long for its shipment.
                UNION ALL SELECT 'inventory', order_id, min(at) FROM inventory_stockmovement
                WHERE kind IN ('issue', 'release') AND order_id BETWEEN %(first)s AND %(last)s
                GROUP BY order_id, kind, reference
                UNION ALL SELECT 'orders', order_id, at FROM orders_timelineentry
                WHERE event NOT IN ('order.cancelled.v1', 'order.partly_fulfilled.v1', 'order.fulfilled.v1')
                UNION ALL SELECT 'invoicing', order_id, issued_at FROM invoicing_invoice
                UNION ALL SELECT 'invoicing', order_id, at FROM invoicing_cancelledorder
            ) AS effect
            WHERE order_id BETWEEN %(first)s AND %(last)s
                AND at > (SELECT greatest(since, keyless_until) + %(clock_tolerance)s FROM inbox_kept)
            GROUP BY consumer, order_id
        ) AS done LEFT JOIN (
            SELECT consumer, key, count(*) AS received
            FROM messaging_inboxentry
            WHERE key COLLATE "C" BETWEEN %(first)s::text AND %(last)s::text
            GROUP BY consumer, key
        ) AS inbox USING (consumer, key)
        WHERE effects > coalesce(received, 0)
        """,
    ),
    Check(
        "evidence_is_kept_for_a_week",
        "Of inbox entries and timelines none is pruned before it is a week old.",
        Scope.WHOLE,
        """
        SELECT kind AS id, 'pruned what was of before ' || pruned_before || ', at ' || pruned_at AS detail
        FROM operations_retentionhorizon
        WHERE kind IN ('inbox', 'timelines')
            AND pruned_before > least(pruned_at, statement_timestamp()) - %(kept_at_least)s + %(clock_tolerance)s
        """,
    ),
    Check(
        "inbox_rows_know_their_key",
        "An inbox entry says which order its event was about, since migration 0005.",
        Scope.WHOLE,
        """
        SELECT event_id::text AS id, 'handled by ' || consumer || ' at ' || handled_at || ', no key' AS detail
        FROM messaging_inboxentry
        WHERE key = '' AND handled_at > (SELECT keyless_until FROM inbox_kept)
        """,
    ),
)
