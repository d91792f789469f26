"""Promises about orders: that they stay as they were accepted, and come to their end."""

from invoicing.events import Line
from operations.audit import struct_fields
from operations.audit.check import Check, Scope
from operations.audit.digests import digests
from operations.audit.evidence import id_time, was_confirmed

ORDERS = (
    Check(
        "order_is_as_it_was_accepted",
        "Whose order it is, what it asks for and at which prices is what the digest of its acceptance says.",
        Scope.ORDERS,
        f"""
        WITH {digests("BETWEEN %(first)s AND %(last)s")}
        SELECT id::text AS id, 'digest ' || computed || ', when accepted ' || coalesce(nullif(digest, ''), 'none')
            AS detail
        FROM now_is
        WHERE digest <> computed AND NOT (digest = '' AND {id_time("id")} < (SELECT since FROM digests_kept))
        """,
    ),
    Check(
        "order_answered_or_in_flight",
        "Every placed order has a reservation decision, or its event is on its way, or it was placed a moment ago.",
        Scope.ORDERS,
        """
        SELECT o.id::text AS id, 'no reservation decision, and no event on its way' AS detail
        FROM orders_order AS o
        WHERE o.id BETWEEN %(first)s AND %(last)s
            AND status = 'placed' AND (o.id < %(before_id)s OR (source = 'api' AND placed_at < %(before)s))
            AND NOT EXISTS (SELECT FROM inventory_stockanswer AS decision WHERE decision.order_id = o.id)
            AND NOT EXISTS (
                SELECT FROM in_flight
                WHERE key = o.id::text AND consumer = 'inventory' AND type = 'order.placed.v1'
            )
        """,
    ),
    Check(
        "reservation_decision_reached_order_in_time",
        "An order whose stock was reserved, backordered or rejected becomes confirmed, backordered or rejected.",
        Scope.ORDERS,
        """
        WITH decided AS (
            SELECT o.id, status, outcome, greatest(decision.at, (
                SELECT max(at) FROM inventory_stockmovement AS movement WHERE movement.order_id = o.id
            )) AS at  -- one that has waited is decided on anew
            FROM orders_order AS o JOIN inventory_stockanswer AS decision ON decision.order_id = o.id
            WHERE o.id BETWEEN %(first)s AND %(last)s AND status IN ('placed', 'backordered') AND outcome <> status
        )
        SELECT o.id::text AS id, outcome || ' since ' || at || ', still ' || status AS detail
        FROM decided AS o
        WHERE at < %(before)s
            AND NOT EXISTS (
                SELECT FROM in_flight
                WHERE key = o.id::text AND consumer = 'orders' AND type = 'stock.' || outcome || '.v1'
            )
        """,
    ),
    Check(
        "order_status_agrees_with_reservation_decision",
        "An order is confirmed only if its stock is reserved, and rejected only if it was short.",
        Scope.ORDERS,
        f"""
        SELECT o.id::text AS id, status || ', reservation decision: ' || coalesce(outcome, 'none') AS detail
        FROM orders_order AS o LEFT JOIN inventory_stockanswer AS decision ON decision.order_id = o.id
        WHERE o.id BETWEEN %(first)s AND %(last)s
            AND (status = 'rejected' OR {was_confirmed("o")})
            AND outcome IS DISTINCT FROM CASE status WHEN 'rejected' THEN 'rejected' ELSE 'reserved' END
        """,
    ),
    Check(
        "order_rejection_is_its_reservation_decision",
        "A rejected order shows the shortages that stock answered with; no other order shows any.",
        Scope.ORDERS,
        """
        SELECT o.id::text AS id,
            'shows ' || rejection::text || ', reservation decision: ' || coalesce(decision.shortages::text, 'none')
            AS detail
        FROM orders_order AS o LEFT JOIN inventory_stockanswer AS decision ON decision.order_id = o.id
        WHERE o.id BETWEEN %(first)s AND %(last)s
            AND CASE
                WHEN status <> 'rejected' THEN rejection IS NOT NULL
                WHEN outcome = 'rejected' THEN rejection IS DISTINCT FROM
                    jsonb_build_object(
                        'reason', coalesce(nullif(decision.reason, ''), 'insufficient_stock'),
                        'shortages', decision.shortages
                    )
            END
        """,
    ),
    Check(
        "rows_have_their_order",
        "No line, no timeline entry and no shipment without the order that it belongs to.",
        Scope.ORDERS,
        """
        SELECT order_id::text AS id, row_of || ' without its order' AS detail
        FROM (
            SELECT order_id, 'line ' || line_no AS row_of
            FROM orders_orderline WHERE order_id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT order_id, 'timeline entry ' || event AS row_of
            FROM orders_timelineentry WHERE order_id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT order_id, 'shipment ' || id AS row_of
            FROM orders_shipment WHERE order_id BETWEEN %(first)s AND %(last)s
        ) AS belonging
        WHERE NOT EXISTS (SELECT FROM orders_order AS o WHERE o.id = order_id)
        """,
    ),
    # What else such a document says, nobody would compare with anything.
    Check(
        "documents_have_their_fields_and_no_others",
        "The parts of taxes and shortages, addresses, lines and the issuer of an invoice have exactly their fields.",
        Scope.ORDERS,
        f"""
        WITH address AS (
            SELECT ARRAY['name', 'lines', 'postal_code', 'city', 'subdivision', 'country', 'vat_id', 'email',
                'electronic_address', 'contact', 'buyer_reference', 'locale'] AS fields
        ), document AS (
            SELECT id::text AS id, 'tax' AS kind, jsonb_array_elements(taxes) AS content,
                ARRAY['rate', 'net', 'tax'] AS fields,
                ARRAY['category', 'reason_code', 'reason'] AS optional
            FROM orders_order WHERE id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT id::text, 'party', party, ARRAY['name', 'lines', 'city', 'country'], address.fields
            FROM orders_order, address, LATERAL (VALUES (bill_to), (ship_to)) AS given (party)
            WHERE id BETWEEN %(first)s AND %(last)s AND party IS NOT NULL
            UNION ALL
            SELECT order_id::text, 'shortage', jsonb_array_elements(shortages),
                ARRAY['sku', 'asked', 'available'], '{{}}'
            FROM inventory_stockanswer WHERE order_id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT number, 'line', jsonb_array_elements(lines),
                {struct_fields.required(Line)},
                {struct_fields.optional(Line)}
            FROM invoicing_invoice WHERE order_id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT number, 'bill_to', bill_to, ARRAY['customer_id'], address.fields
            FROM invoicing_invoice, address WHERE order_id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT number, 'issuer', issuer, ARRAY['name'],
                address.fields || ARRAY['address', 'tax_id', 'legal_id', 'iban', 'bic']
            FROM invoicing_invoice, address WHERE order_id BETWEEN %(first)s AND %(last)s
        )
        SELECT id,
            kind || ' ' || content::text || ' should have ' || array_to_string(fields, ', ')
            || ', and may have ' || array_to_string(optional, ', ')
            AS detail
        FROM document
        WHERE jsonb_typeof(content) <> 'object' OR NOT content ?& fields OR content - fields - optional <> '{{}}'
        """,
    ),
)
