"""Promises about stored responses: what a client was told under an Idempotency-Key is so, and stays so."""

from operations.audit import struct_fields
from operations.audit.check import Check, Scope
from operations.audit.evidence import id_time
from orders.api.schemas import OrderOut
from orders.events import Line
from orders.selectors import LineStatus

# A bulk response quotes what clients sent, and a jsonb can't hold NUL, which JSON may. After an even number of
# backslashes it is an escape; after an odd one, "u0000" is text.
_BODY = r"""
    CASE WHEN position('\u0000' IN body) = 0 THEN body
        ELSE regexp_replace(body, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g') END
"""

# Stored responses with what kind they are of; and each order that they speak of.
_RESPONSES = rf"""
    WITH parsed AS (
        SELECT id, client_id, status, location, created_at, fingerprint,
            CASE WHEN body IS JSON OBJECT THEN ({_BODY})::jsonb END AS body
        FROM api_idempotencyrecord
        WHERE id BETWEEN %(first)s AND %(last)s
    ), response AS (
        SELECT id, client_id, status, location, created_at, fingerprint, body,
            CASE
                WHEN body ? 'placed_at' AND status = 200 THEN 'step'
                WHEN body ? 'placed_at' OR location LIKE '%%/orders/%%' THEN 'order'
                WHEN body ? 'results' THEN 'bulk'
                WHEN body ? 'on_hand_change' THEN 'movement'
                WHEN body ? 'movements' THEN 'stock-take'
                WHEN body ? 'withdrawn_at' THEN 'withdrawn price'
                WHEN body ? 'price_list' THEN 'price'
                WHEN body ? 'tax_rate' THEN 'product'
                WHEN body ? 'restock' THEN 'credit note'
            END AS kind
        FROM parsed
    ), told AS (
        SELECT id AS response_id, kind, client_id, created_at, body AS told
        FROM response WHERE kind IN ('order', 'step')
        UNION ALL
        SELECT id, kind, client_id, created_at, result -> 'order'
        FROM response CROSS JOIN jsonb_array_elements(body -> 'results') AS result
        WHERE kind = 'bulk' AND result ? 'order'
    ), answer AS (
        SELECT response_id, kind, client_id, created_at, told,
            CASE WHEN pg_input_is_valid(told ->> 'id', 'uuid') THEN (told ->> 'id')::uuid END AS order_id
        FROM told
    )
"""

RESPONSES = (
    Check(
        "accepted_order_is_there",
        "An order of which a client was told that it is accepted is there.",
        Scope.RESPONSES,
        f"""
        {_RESPONSES}
        SELECT coalesce(told ->> 'id', 'response ' || response_id) AS id,
            'accepted by stored response ' || response_id || ', and not there' AS detail
        FROM answer
        WHERE NOT EXISTS (SELECT FROM orders_order AS o WHERE o.id = answer.order_id)
        """,
    ),
    Check(
        "stored_response_is_one_that_is_given",
        "A stored response is one of an order, of a step of it, of orders in bulk, of a movement, of a stock-take, of "
        "a product, of a price or its withdrawal, or of a credit note, with their statuses.",
        Scope.RESPONSES,
        f"""
        {_RESPONSES}
        SELECT 'response ' || id AS id,
            'status ' || status || ', location ' || location || ', of ' || coalesce(kind, 'no known kind') AS detail
        FROM response
        WHERE octet_length(fingerprint) <> 32 OR (CASE kind
            WHEN 'order' THEN status = 201 AND location = body ->> 'url'
                AND location LIKE '%%/orders/' || (body ->> 'id')
            WHEN 'step' THEN status = 200 AND location = ''
                AND body ->> 'status' IN ('partly_fulfilled', 'fulfilled', 'cancelled')
            WHEN 'bulk' THEN status = 200 AND location = ''
            WHEN 'movement' THEN status = 201 AND location = ''
            WHEN 'stock-take' THEN status = 201 AND location = '' AND jsonb_array_length(body -> 'movements') > 0
            WHEN 'price' THEN status = 201 AND location = ''
            WHEN 'withdrawn price' THEN status = 200 AND location = ''
            WHEN 'credit note' THEN status = 201 AND location = body ->> 'url'
                AND location LIKE '%%/invoices/' || (body ->> 'number')
            WHEN 'product' THEN status = 201 AND location LIKE '%%/products/%%'
        END) IS NOT TRUE
        """,
    ),
    Check(
        "credit_note_that_was_told_is_there",
        "A credit note of which a client was told is there, over the same amounts.",
        Scope.RESPONSES,
        f"""
        {_RESPONSES}
        SELECT body ->> 'number' AS id, 'told by stored response ' || id || ' over ' || (body ->> 'total') AS detail
        FROM response
        WHERE kind = 'credit note' AND NOT EXISTS (
            SELECT FROM invoicing_creditnote AS note
            WHERE note.number = body ->> 'number'
                AND (note.net, note.tax, note.total, note.invoice_number, note.reason, note.restock)
                = ((body ->> 'net')::numeric, (body ->> 'tax')::numeric, (body ->> 'total')::numeric,
                    body ->> 'invoice_number', body ->> 'reason', (body ->> 'restock')::boolean)
        )
        """,
    ),
    Check(
        "stored_response_says_what_was_stored",
        "A stored response shows the order of its client as it was accepted; after a step, what of that never changes.",
        Scope.RESPONSES,
        f"""
        {_RESPONSES}
        SELECT order_id::text AS id,
            'stored response ' || response_id || ' says ' || (told - 'lines')::text AS detail
        FROM answer
            JOIN orders_order AS o ON o.id = answer.order_id
            CROSS JOIN jsonb_to_record(told) AS said (
                url text, reference text, customer_id text, status text, currency text, net numeric, tax numeric,
                total numeric, placed_at timestamptz, invoice_number text, rejection jsonb, cancellation jsonb,
                credit_notes jsonb, bill_to jsonb, ship_to jsonb)
        WHERE (said.reference, said.customer_id, said.currency, said.net, said.tax, said.total, said.placed_at,
                said.bill_to, said.ship_to)
            IS DISTINCT FROM (nullif(o.reference, ''), o.customer_id, o.currency, o.net, o.tax, o.total, o.placed_at,
                o.bill_to, o.ship_to)
            OR said.url NOT LIKE '%%/orders/' || o.id
            OR told - {struct_fields.names(OrderOut)} - CASE WHEN kind = 'step' THEN 'shipments' ELSE '' END <> '{{}}'
            OR CASE
                WHEN kind = 'step' THEN said.invoice_number <> o.invoice_number OR said.rejection IS NOT NULL
                ELSE (said.status, said.invoice_number, said.rejection, nullif(said.cancellation, 'null'),
                    coalesce(said.credit_notes, '[]'), answer.client_id)
                    IS DISTINCT FROM ('placed', NULL, NULL, NULL, '[]'::jsonb, o.client_id)
            END
        """,
    ),
    Check(
        "stored_response_has_the_lines_of_its_order",
        "A stored response shows the very lines of its order.",
        Scope.RESPONSES,
        f"""
        {_RESPONSES}, said AS (
            SELECT response_id, order_id, {struct_fields.columns(Line)}
            FROM answer
                CROSS JOIN jsonb_array_elements(told -> 'lines') AS shown (content)
                CROSS JOIN jsonb_to_record(content) AS line ({struct_fields.types(LineStatus)})
            WHERE content - {struct_fields.names(LineStatus)} = '{{}}'
                AND (kind = 'step' OR coalesce(fulfilled_quantity, 0) = 0 AND coalesce(cancelled_quantity, 0) = 0)
        ), stored AS (
            SELECT response_id, order_id, {struct_fields.columns(Line)}
            FROM answer JOIN orders_orderline AS line USING (order_id)
        )
        SELECT order_id::text AS id, 'stored response ' || response_id || ', line ' || line_no AS detail
        FROM (
            (TABLE said EXCEPT ALL TABLE stored) UNION ALL (TABLE stored EXCEPT ALL TABLE said)
        ) AS different
        WHERE EXISTS (SELECT FROM orders_order AS o WHERE o.id = order_id)
        GROUP BY order_id, response_id, line_no
        """,
    ),
    Check(
        "stored_bulk_response_adds_up",
        "A stored bulk response has a result for each order: accepted with the order, or refused with the problem.",
        Scope.RESPONSES,
        f"""
        {_RESPONSES}
        SELECT 'response ' || id AS id,
            'accepted ' || (body ->> 'accepted') || ', refused ' || (body ->> 'refused') || ', results '
            || results || ', with orders ' || accepted AS detail
        FROM response CROSS JOIN LATERAL (
            SELECT count(*) AS results, count(*) FILTER (WHERE result ? 'order') AS accepted,
                count(*) FILTER (WHERE (
                    (result ->> 'index')::numeric = place - 1
                    AND CASE WHEN result ? 'order' THEN result ->> 'status' = '201' AND NOT result ? 'problem'
                        ELSE result ->> 'status' LIKE '4__' AND result ? 'problem' END
                ) IS NOT TRUE) AS odd
            FROM jsonb_array_elements(body -> 'results') WITH ORDINALITY AS each (result, place)
        ) AS result
        WHERE kind = 'bulk' AND (
            (body ->> 'accepted', body ->> 'refused') IS DISTINCT FROM (accepted::text, (results - accepted)::text)
            OR odd > 0 OR body - ARRAY['accepted', 'refused', 'results'] <> '{{}}'
        )
        """,
    ),
    Check(
        "stored_response_of_a_movement_is_the_ledgers",
        "A stored response to a booking or to a stock-take shows the movements that stand in the ledger.",
        Scope.RESPONSES,
        f"""
        {_RESPONSES}, booked AS (
            SELECT id AS response_id, body FROM response WHERE kind = 'movement'
            UNION ALL
            SELECT id, movement FROM response CROSS JOIN jsonb_array_elements(body -> 'movements') AS movement
            WHERE kind = 'stock-take'
        )
        SELECT 'response ' || response_id AS id, 'says ' || booked.body::text AS detail
        FROM booked
            CROSS JOIN jsonb_to_record(booked.body) AS said (
                id numeric, sku text, kind text, on_hand_change numeric, reserved_change numeric, counted numeric,
                document text, order_id text, note text, actor text, at timestamptz)
            LEFT JOIN inventory_stockmovement AS movement ON movement.id = said.id
        WHERE (said.sku, said.kind, said.on_hand_change, said.reserved_change, said.counted, said.document,
                said.order_id, said.note, said.actor, said.at)
            IS DISTINCT FROM (movement.sku, movement.kind, movement.on_hand_change, movement.reserved_change,
                movement.counted, nullif(movement.document, ''), movement.order_id::text, nullif(movement.note, ''),
                nullif(movement.actor, ''), movement.at)
        """,
    ),
    Check(
        "price_that_was_told_is_set",
        "A price of which a client was told that it is set or withdrawn, is; and what was set may be withdrawn since.",
        Scope.RESPONSES,
        f"""
        {_RESPONSES}, was_set AS (
            SELECT id, unit_price, price_list_id, valid_from, set_at, actor, NULL AS withdrawn_at, NULL AS withdrawn_by
            FROM orders_price
            UNION ALL
            SELECT price_id, unit_price, price_list_id, valid_from, set_at, actor, withdrawn_at, withdrawn_by
            FROM orders_withdrawnprice
        )
        SELECT 'response ' || response.id AS id, 'says ' || response.body::text AS detail
        FROM response
            CROSS JOIN jsonb_to_record(response.body) AS said (
                id bigint, unit_price numeric, currency text, price_list text, valid_from timestamptz,
                set_at timestamptz, actor text, withdrawn_at timestamptz, withdrawn_by text)
        WHERE response.kind IN ('price', 'withdrawn price') AND NOT EXISTS (
            SELECT FROM was_set JOIN orders_pricelist AS list ON list.code = price_list_id
            WHERE was_set.id = coalesce(said.id, was_set.id)  -- responses of before name no id
                AND (was_set.unit_price, list.currency, list.code, was_set.valid_from, was_set.set_at, was_set.actor)
                IS NOT DISTINCT FROM
                (said.unit_price, said.currency, said.price_list, said.valid_from, said.set_at, said.actor)
                AND (response.kind = 'price' OR (was_set.withdrawn_at, was_set.withdrawn_by)
                    IS NOT DISTINCT FROM (said.withdrawn_at, said.withdrawn_by))
        )
        """,
    ),
    # A group commit may wait for the database, but a client that waits gives up within seconds.
    Check(
        "response_was_stored_with_its_order",
        "A response was stored when its orders were, one to a step later, and none in the future.",
        Scope.RESPONSES,
        f"""
        {_RESPONSES}
        SELECT coalesce(order_id::text, 'response ' || response.id) AS id,
            'response ' || response.id || ' stored at ' || response.created_at AS detail
        FROM response LEFT JOIN answer ON answer.response_id = response.id
        WHERE response.created_at > statement_timestamp() + %(clock_tolerance)s
            OR response.created_at < {id_time("order_id")} - %(clock_tolerance)s
            OR response.kind <> 'step' AND response.created_at > {id_time("order_id")} + INTERVAL '10 minutes'
        """,
    ),
)
