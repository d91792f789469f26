"""Promises about what is told of an order, and when each step of it was."""

from operations.audit.check import Check, Scope
from operations.audit.evidence import id_time

TIMELINES = (
    Check(
        "order_timeline_tells_what_happened",
        "The timeline has one entry for the state that an order reached, one for its invoice, and none beyond.",
        Scope.ORDERS,
        f"""
        WITH told AS (
            SELECT order_id, jsonb_agg(jsonb_build_array(event, detail) ORDER BY id) AS entries
            FROM orders_timelineentry
            WHERE order_id BETWEEN %(first)s AND %(last)s
            GROUP BY order_id
        ), compared AS (
            SELECT o.id, coalesce(told.entries, '[]') AS told,
                CASE status
                    WHEN 'confirmed' THEN jsonb_build_array(jsonb_build_array('order.confirmed.v1', '{{}}'::jsonb))
                    WHEN 'rejected' THEN jsonb_build_array(jsonb_build_array('order.rejected.v1', rejection))
                    ELSE '[]'
                END || CASE WHEN invoice_number = '' THEN '[]' ELSE jsonb_build_array(
                    jsonb_build_array('invoice.issued.v1', jsonb_build_object('number', invoice_number))
                ) END AS due
            FROM orders_order AS o LEFT JOIN told ON told.order_id = o.id
            WHERE o.id BETWEEN %(first)s AND %(last)s
        )
        SELECT id::text AS id, 'timeline ' || told::text || ', should be ' || due::text AS detail
        FROM compared
        WHERE told <> due
            AND NOT ({id_time("id")} < (SELECT since FROM timelines_kept) AND due @> told)
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
        "An order is placed, answered, booked, decided, invoiced and shown its invoice in this order.",
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
                min(at) FILTER (WHERE event = 'invoice.issued.v1') AS shown_at
            FROM orders_timelineentry
            WHERE order_id BETWEEN %(first)s AND %(last)s
            GROUP BY order_id
        ), step AS (
            SELECT o.id, step.name, step.at, max(step.at) OVER (PARTITION BY o.id ORDER BY step.position) AS reached
            FROM orders_order AS o
                LEFT JOIN inventory_stockanswer AS answer ON answer.order_id = o.id
                LEFT JOIN booked ON booked.order_id = o.id
                LEFT JOIN told ON told.order_id = o.id
                LEFT JOIN invoicing_invoice AS invoice ON invoice.order_id = o.id
                CROSS JOIN LATERAL (VALUES
                    (1, 'placed', {id_time("o.id")}),
                    (2, 'answered', answer.at),
                    (3, 'booked', booked.at),
                    (4, 'decided', told.decided_at),
                    (5, 'invoiced', invoice.issued_at),
                    (6, 'shown', told.shown_at)
                ) AS step (position, name, at)
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
            SELECT number, 'issued', issued_at
            FROM invoicing_invoice WHERE order_id BETWEEN %(first)s AND %(last)s
        ) AS event
        WHERE at > statement_timestamp() + %(clock_tolerance)s
        """,
    ),
)
