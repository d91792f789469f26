"""Promises about what is told of an order, and when each step of it was."""

from operations.audit.check import Check, Scope
from operations.audit.evidence import id_time, was_confirmed
from orders.shipment_numbers import shipment_number_in_sql

# What an order's row, its shipments and its lines say that happened to it.
_HAPPENED = f"""
    SELECT id AS order_id, 'order.confirmed.v1' AS event, '{{}}'::jsonb AS detail
    FROM orders_order AS o WHERE id BETWEEN %(first)s AND %(last)s AND {was_confirmed("o")}
    UNION ALL
    SELECT id, 'order.backordered.v1', jsonb_build_object('shortages', shortages)
    FROM orders_order WHERE id BETWEEN %(first)s AND %(last)s AND shortages IS NOT NULL
    UNION ALL
    SELECT id, 'order.rejected.v1', rejection
    FROM orders_order WHERE id BETWEEN %(first)s AND %(last)s AND status = 'rejected'
    UNION ALL
    SELECT id, 'invoice.issued.v1', jsonb_build_object('number', invoice_number)
    FROM orders_order WHERE id BETWEEN %(first)s AND %(last)s AND invoice_number <> ''
    UNION ALL
    SELECT id, 'credit_note.issued.v1', jsonb_build_object('number', number)
    FROM orders_order CROSS JOIN jsonb_array_elements(credit_notes) AS note (number)
    WHERE id BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT id, 'order.cancelled.v1', jsonb_build_object(
        'reason', cancellation_reason,
        'units', (SELECT sum(cancelled_quantity) FROM orders_orderline AS line WHERE line.order_id = o.id)
    )
    FROM orders_order AS o WHERE id BETWEEN %(first)s AND %(last)s AND cancelled_at IS NOT NULL
    UNION ALL
    SELECT order_id, CASE WHEN completes_order THEN 'order.fulfilled.v1' ELSE 'order.partly_fulfilled.v1' END,
        jsonb_strip_nulls(jsonb_build_object(
            'shipment', {shipment_number_in_sql("id")},
            'units', (SELECT sum(quantity) FROM orders_shipmentline AS line WHERE line.shipment_id = shipment.id),
            'tracking', nullif(tracking, '')
        ))
    FROM orders_shipment AS shipment WHERE order_id BETWEEN %(first)s AND %(last)s
"""

TIMELINES = (
    Check(
        "order_timeline_tells_what_happened",
        "The timeline has one entry for the decision on an order, for that it waits, for its invoice, for each "
        "shipment, for its cancellation and for each credit note, and none beyond.",
        Scope.ORDERS,
        f"""
        WITH told AS (
            SELECT order_id, jsonb_agg(jsonb_build_array(event, detail) ORDER BY event, detail) AS entries
            FROM orders_timelineentry
            WHERE order_id BETWEEN %(first)s AND %(last)s
            GROUP BY order_id
        ), happened AS (
            {_HAPPENED}
        ), due AS (
            SELECT order_id, jsonb_agg(jsonb_build_array(event, detail) ORDER BY event, detail) AS entries
            FROM happened
            GROUP BY order_id
        ), compared AS (
            SELECT o.id, coalesce(told.entries, '[]') AS told, coalesce(due.entries, '[]') AS due
            FROM orders_order AS o
                LEFT JOIN told ON told.order_id = o.id
                LEFT JOIN due ON due.order_id = o.id
            WHERE o.id BETWEEN %(first)s AND %(last)s
        )
        SELECT id::text AS id, 'timeline ' || told::text || ', should be ' || due::text AS detail
        FROM compared
        WHERE told <> due
            AND NOT ({id_time("id")} < (SELECT since FROM timelines_kept) AND due @> told)
        """,
    ),
    # What an order announces is told in the order of its steps, and so is what invoicing announces of it. Between the
    # two there is no order, but that of their cause.
    Check(
        "order_timeline_is_in_order",
        "The timeline tells the decision, the shipments and the cancellation of an order one after the other, and its "
        "invoice before the credit notes to it.",
        Scope.ORDERS,
        """
        WITH entry AS (
            SELECT order_id, id, event,
                CASE event
                    WHEN 'order.backordered.v1' THEN 0
                    WHEN 'order.confirmed.v1' THEN 1
                    WHEN 'order.rejected.v1' THEN 1
                    WHEN 'order.partly_fulfilled.v1' THEN 2
                    WHEN 'order.fulfilled.v1' THEN 3
                    WHEN 'order.cancelled.v1' THEN 4
                END AS goods,
                CASE event
                    WHEN 'order.confirmed.v1' THEN 1
                    WHEN 'invoice.issued.v1' THEN 2
                    WHEN 'credit_note.issued.v1' THEN 3
                END AS papers,
                CASE WHEN detail ->> 'shipment' ~ '^S-[0-9]{6,18}$'
                    THEN substr(detail ->> 'shipment', 3)::bigint END AS shipment
            FROM orders_timelineentry
            WHERE order_id BETWEEN %(first)s AND %(last)s
        ), followed AS (
            SELECT order_id, event, goods, papers, shipment,
                max(goods) OVER earlier AS goods_before,
                max(papers) OVER earlier AS papers_before,
                max(shipment) OVER earlier AS shipment_before
            FROM entry
            WINDOW earlier AS (PARTITION BY order_id ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        )
        SELECT order_id::text AS id, event || ' is told too late' AS detail
        FROM followed
        WHERE goods < goods_before OR papers < papers_before OR shipment <= shipment_before
        """,
    ),
    Check(
        "order_timeline_says_by_what",
        "Each step says by which event, that was received, or by which person or command it came about.",
        Scope.ORDERS,
        """
        WITH entry AS (
            SELECT order_id, event, at, cause_kind, cause_id,
                event IN ('order.cancelled.v1', 'order.partly_fulfilled.v1', 'order.fulfilled.v1') AS of_people
            FROM orders_timelineentry
            WHERE order_id BETWEEN %(first)s AND %(last)s
        )
        SELECT order_id::text AS id, event || ' by ' || coalesce(nullif(cause_kind || ' ' || cause_id, ' '), 'nothing')
            AS detail
        FROM entry
        WHERE CASE
            WHEN cause_kind = '' THEN cause_id <> '' OR of_people OR at >= (SELECT since FROM causes_kept)
            WHEN cause_id = '' THEN true
            WHEN of_people THEN cause_kind NOT IN ('user', 'command')
            WHEN cause_kind <> 'event' OR NOT pg_input_is_valid(cause_id, 'uuid') THEN true
            ELSE at > (SELECT greatest(since, keyless_until) + %(clock_tolerance)s FROM inbox_kept)
                AND NOT EXISTS (
                    SELECT FROM messaging_inboxentry AS inbox
                    WHERE consumer = 'orders' AND event_id = cause_id::uuid AND key = order_id::text
                )
        END
        """,
    ),
    # Orders were placed when their ids were made; only imported ones say so of another time.
    Check(
        "order_placed_when_its_id_was_made",
        "An order that a client placed says that it was placed when it was: by its id.",
        Scope.ORDERS,
        f"""
        SELECT id::text AS id, 'placed at ' || placed_at || ', id of ' || {id_time("id")} AS detail
        FROM orders_order
        WHERE id BETWEEN %(first)s AND %(last)s AND source = 'api'
            AND placed_at NOT BETWEEN {id_time("id")} - %(clock_tolerance)s AND {id_time("id")} + INTERVAL '5 minutes'
        """,
    ),
    Check(
        "order_steps_follow_each_other",
        "An order is placed, answered, booked, decided, invoiced and shown its invoice in this order; and placed, "
        "decided, sent and cancelled in this order.",
        Scope.ORDERS,
        f"""
        WITH booked AS (
            SELECT order_id, min(at) AS at
            FROM inventory_stockmovement
            WHERE order_id BETWEEN %(first)s AND %(last)s
            GROUP BY order_id
        ), told AS (
            SELECT order_id,
                min(at) FILTER (WHERE event IN ('order.confirmed.v1', 'order.rejected.v1')) AS decided_at,
                min(at) FILTER (WHERE event = 'invoice.issued.v1') AS shown_at,
                min(at) FILTER (WHERE event = 'order.cancelled.v1') AS told_cancelled_at
            FROM orders_timelineentry
            WHERE order_id BETWEEN %(first)s AND %(last)s
            GROUP BY order_id
        ), sent AS (
            SELECT order_id, min(shipped_at) AS first_at, max(shipped_at) AS last_at
            FROM orders_shipment
            WHERE order_id BETWEEN %(first)s AND %(last)s
            GROUP BY order_id
        ), step AS (
            SELECT o.id, step.name, step.at,
                max(step.at) OVER (PARTITION BY o.id, step.way ORDER BY step.position) AS reached
            FROM orders_order AS o
                LEFT JOIN inventory_stockanswer AS decision ON decision.order_id = o.id
                LEFT JOIN booked ON booked.order_id = o.id
                LEFT JOIN told ON told.order_id = o.id
                LEFT JOIN sent ON sent.order_id = o.id
                LEFT JOIN invoicing_invoice AS invoice ON invoice.order_id = o.id
                CROSS JOIN LATERAL (VALUES
                    ('papers', 1, 'placed', {id_time("o.id")}),
                    ('papers', 2, 'answered', decision.at),
                    ('papers', 3, 'booked', booked.at),
                    ('papers', 4, 'decided', told.decided_at),
                    ('papers', 5, 'invoiced', invoice.issued_at),
                    ('papers', 6, 'shown', told.shown_at),
                    ('goods', 1, 'placed', {id_time("o.id")}),
                    ('goods', 2, 'decided', told.decided_at),
                    ('goods', 3, 'sent', sent.first_at),
                    ('goods', 4, 'sent', sent.last_at),
                    ('goods', 5, 'cancelled', o.cancelled_at),
                    ('goods', 6, 'told of its cancellation', told.told_cancelled_at)
                ) AS step (way, position, name, at)
            WHERE o.id BETWEEN %(first)s AND %(last)s AND step.at IS NOT NULL
        )
        SELECT id::text AS id, name || ' at ' || at || ', after a step at ' || reached AS detail
        FROM step
        WHERE at < reached - %(clock_tolerance)s
        """,
    ),
    # What lies in the future would not be due for as long: see %(before)s.
    Check(
        "order_times_are_past",
        "Nothing about an order happened in the future.",
        Scope.ORDERS,
        f"""
        SELECT id, what || ' at ' || at AS detail
        FROM (
            SELECT id::text AS id, 'id made' AS what, {id_time("id")} AS at
            FROM orders_order WHERE id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT order_id::text, outcome, at
            FROM inventory_stockanswer WHERE order_id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT order_id::text, event, at
            FROM orders_timelineentry WHERE order_id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT id::text, 'cancelled', cancelled_at
            FROM orders_order WHERE id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT order_id::text, 'sent', shipped_at
            FROM orders_shipment WHERE order_id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT number, 'issued', issued_at
            FROM invoicing_invoice WHERE order_id BETWEEN %(first)s AND %(last)s
        ) AS event
        WHERE at > statement_timestamp() + %(clock_tolerance)s
        """,
    ),
)
