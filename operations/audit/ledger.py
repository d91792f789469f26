"""Promises about the ledger of stock: that its sums are the levels, and that they never were below what is promised.

A stock item is locked while its movements are booked, so the ids of its movements are their order.
"""

from operations.audit.check import Check, Scope
from operations.audit.scopes import WITHIN_SKUS

LEDGER = (
    Check(
        "stock_reserved_is_the_sum_of_reservations",
        "What is reserved of a sku is what orders hold of it.",
        Scope.SKUS,
        f"""
        WITH held AS (
            SELECT sku, sum(quantity) AS quantity FROM inventory_reservation WHERE {WITHIN_SKUS} GROUP BY sku
        ), item AS (
            SELECT sku, reserved FROM inventory_stockitem WHERE {WITHIN_SKUS}
        )
        SELECT sku AS id, 'reserved ' || coalesce(reserved, 0) || ', held ' || coalesce(quantity, 0) AS detail
        FROM item FULL JOIN held USING (sku)
        WHERE coalesce(reserved, 0) <> coalesce(quantity, 0)
        """,
    ),
    Check(
        "stock_levels_are_the_sums_of_the_ledger",
        "The levels of a sku are the sums of its movements.",
        Scope.SKUS,
        f"""
        WITH ledger AS (
            SELECT sku, sum(on_hand_change) AS on_hand, sum(reserved_change) AS reserved,
                sum(backordered_change) AS backordered
            FROM inventory_stockmovement
            WHERE {WITHIN_SKUS}
            GROUP BY sku
        ), item AS (
            SELECT sku, on_hand, reserved, backordered FROM inventory_stockitem WHERE {WITHIN_SKUS}
        )
        SELECT sku AS id,
            'on hand ' || coalesce(item.on_hand, 0) || ', ledger ' || coalesce(ledger.on_hand, 0)
            || '; reserved ' || coalesce(item.reserved, 0) || ', ledger ' || coalesce(ledger.reserved, 0)
            || CASE WHEN coalesce(item.backordered, 0) = coalesce(ledger.backordered, 0) THEN '' ELSE
                '; backordered ' || coalesce(item.backordered, 0) || ', ledger ' || coalesce(ledger.backordered, 0)
            END AS detail
        FROM item FULL JOIN ledger USING (sku)
        WHERE (coalesce(item.on_hand, 0), coalesce(item.reserved, 0), coalesce(item.backordered, 0))
            <> (coalesce(ledger.on_hand, 0), coalesce(ledger.reserved, 0), coalesce(ledger.backordered, 0))
        """,
    ),
    Check(
        "stock_reserved_within_on_hand",
        "Nothing is oversold: 0 ≤ reserved ≤ on hand.",
        Scope.SKUS,
        f"""
        SELECT sku AS id, 'reserved ' || reserved || ', on hand ' || on_hand AS detail
        FROM inventory_stockitem
        WHERE {WITHIN_SKUS} AND (reserved < 0 OR reserved > on_hand)
        """,
    ),
    Check(
        "stock_was_never_oversold",
        "After each movement of a sku, what was reserved by then was on hand by then.",
        Scope.SKUS,
        f"""
        WITH level AS (
            SELECT sku, id AS movement, sum(on_hand_change) OVER ledger AS on_hand,
                sum(reserved_change) OVER ledger AS reserved
            FROM inventory_stockmovement
            WHERE {WITHIN_SKUS}
            WINDOW ledger AS (PARTITION BY sku ORDER BY id ROWS UNBOUNDED PRECEDING)
        )
        SELECT DISTINCT ON (sku) sku AS id,
            'after movement ' || movement || ': reserved ' || reserved || ', on hand ' || on_hand AS detail
        FROM level
        WHERE reserved < 0 OR reserved > on_hand
        ORDER BY sku, movement
        """,
    ),
    Check(
        "ledger_times_follow_each_other",
        "A movement of a sku is not of before the one that precedes it, nor of the future.",
        Scope.SKUS,
        f"""
        WITH booked AS (
            SELECT sku, id AS movement, at,
                max(at) OVER (PARTITION BY sku ORDER BY id ROWS UNBOUNDED PRECEDING) AS reached
            FROM inventory_stockmovement
            WHERE {WITHIN_SKUS}
        )
        SELECT sku AS id, 'movement ' || movement || ' at ' || at || ', after one at ' || reached AS detail
        FROM booked
        WHERE at < reached - %(clock_tolerance)s OR at > statement_timestamp() + %(clock_tolerance)s
        """,
    ),
    # A decision is stored before the stock items are locked, and its order is rejected after that is committed: in
    # between, the sku had what the shortage says. All of these times are of the database's clock.
    Check(
        "shortages_stand_in_the_ledger",
        "What a shortage calls available of a sku was available by the ledger when the order was answered.",
        Scope.SKUS,
        f"""
        WITH movement AS (
            SELECT sku, at,
                greatest(0, sum(on_hand_change - reserved_change - backordered_change) OVER (
                    PARTITION BY sku ORDER BY id ROWS UNBOUNDED PRECEDING
                )) AS available,  -- to promise
                lead(at) OVER (PARTITION BY sku ORDER BY id) AS next_at
            FROM inventory_stockmovement
            WHERE {WITHIN_SKUS}
        ), level AS (
            SELECT sku, available, at AS since, coalesce(next_at, 'infinity') AS until FROM movement
            UNION ALL
            SELECT sku, 0, '-infinity', min(at) FROM movement GROUP BY sku
        ), short AS (
            SELECT decision.order_id, short.sku, short.available, decision.at AS since,
                coalesce(told.at, statement_timestamp()) AS until
            FROM inventory_stockanswer AS decision
                CROSS JOIN jsonb_to_recordset(decision.shortages) AS short (sku text, available numeric)
                LEFT JOIN LATERAL (
                    SELECT min(at) AS at FROM orders_timelineentry AS entry
                    WHERE entry.order_id = decision.order_id
                        AND event IN ('order.rejected.v1', 'order.backordered.v1')
                ) AS told ON true
            WHERE NOT decision.shortages = '[]' AND {WITHIN_SKUS}  -- few, which an index knows
        )
        SELECT order_id::text AS id, sku || ': ' || available || ' available at ' || since || ', not by the ledger'
            AS detail
        FROM short
        WHERE NOT EXISTS (
                SELECT FROM level
                WHERE level.sku = short.sku AND level.available = short.available
                    AND level.since <= short.until AND level.until >= short.since
            )
            AND NOT (available = 0 AND NOT EXISTS (SELECT FROM movement WHERE movement.sku = short.sku))
        """,
    ),
)
