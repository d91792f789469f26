"""The digests of orders as they are now, in SQL: as orders/intake/digest.py computes them at acceptance."""


def digests(within: str) -> str:
    """CTEs, of which `now_is` has id, digest and `computed` of orders: `within` says which, such as "= ANY(…)"."""
    return rf"""
        lines AS (
            SELECT order_id,
                string_agg(
                    concat_ws(E'\x1f', line_no, sku, name, quantity, trim_scale(unit_price), trim_scale(tax_rate),
                        'unit ' || nullif(unit_code, 'C62'), 'tax ' || nullif(tax_category, '')),
                    E'\x1f' ORDER BY line_no
                ) AS text
            FROM orders_orderline
            WHERE order_id {within}
            GROUP BY order_id
        ), now_is AS (
            SELECT o.id, o.digest,
                left(encode(sha256(convert_to(concat_ws(
                    E'\x1f', o.id, o.client_id, o.customer_id, o.reference, o.source, o.currency,
                    o.allow_backorder::integer, (extract(epoch FROM o.placed_at) * 1000000)::bigint, lines.text,
                    'bill to ' || o.bill_to::text, 'ship to ' || o.ship_to::text, reasons.text
                ), 'UTF8')), 'hex'), 32) AS computed
            FROM orders_order AS o LEFT JOIN lines ON lines.order_id = o.id
                CROSS JOIN LATERAL (
                    SELECT string_agg(
                        concat_ws(' ', part ->> 'category', 'because', coalesce(part ->> 'reason_code', ''),
                            coalesce(part ->> 'reason', '')),
                        E'\x1f' ORDER BY place
                    ) AS text
                    FROM jsonb_array_elements(o.taxes) WITH ORDINALITY AS tax (part, place)
                    WHERE part ?| ARRAY['reason_code', 'reason']
                ) AS reasons
            WHERE o.id {within}
        )
    """
