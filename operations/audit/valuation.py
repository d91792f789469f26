"""Promises about why levels were adjusted, and what stock cost: see inventory/valuation.py, whose rule this repeats."""

from operations.audit.check import Check, Scope
from operations.audit.scopes import WITHIN_SKUS

# Receipts with a cost, each with the average before it and the units that were on hand then.
_COSTED = f"""
    ledger AS (
        SELECT sku, id, on_hand_change, unit_cost, average_cost, cost_currency, counted,
            sum(on_hand_change) OVER (PARTITION BY sku ORDER BY id) AS on_hand
        FROM inventory_stockmovement
        WHERE {WITHIN_SKUS}
    ), costed AS (
        SELECT sku, id, on_hand_change AS received, on_hand - on_hand_change AS before, unit_cost, average_cost,
            cost_currency, lag(average_cost) OVER receipts AS former,
            lag(cost_currency) OVER receipts AS former_currency,
            lead(id) OVER receipts IS NULL AS is_last
        FROM ledger
        WHERE unit_cost IS NOT NULL
        WINDOW receipts AS (PARTITION BY sku ORDER BY id)
    )
"""

VALUATION = (
    Check(
        "adjustments_say_why",
        "An adjustment has a reason, since migration 0004 of the inventory.",
        Scope.SKUS,
        f"""
        SELECT sku AS id, 'movement ' || id || ' has no reason' AS detail
        FROM inventory_stockmovement
        WHERE {WITHIN_SKUS} AND kind = 'adjustment' AND reason = '' AND at > (SELECT since FROM reasons_kept)
        """,
    ),
    Check(
        "stock_takes_end_at_what_was_counted",
        "After a stock-take there is on hand what was counted.",
        Scope.SKUS,
        f"""
        WITH {_COSTED}
        SELECT sku AS id, 'movement ' || id || ': counted ' || counted || ', on hand ' || on_hand AS detail
        FROM ledger
        WHERE counted <> on_hand
        """,
    ),
    Check(
        "average_costs_follow_from_receipts",
        "The average cost after a receipt is that of the units before it and of those received, in one currency.",
        Scope.SKUS,
        f"""
        WITH {_COSTED}
        SELECT sku AS id,
            'movement ' || id || ': ' || average_cost || ' ' || cost_currency || ' after '
            || coalesce(former::text, 'none') AS detail
        FROM costed
        WHERE CASE WHEN former IS NULL OR before = 0 THEN average_cost <> unit_cost
            ELSE cost_currency <> former_currency
                OR abs(average_cost - (former * before + unit_cost * received)::numeric(60, 20) / (before + received))
                    > 0.0000000001
            END
        """,
    ),
    Check(
        "stock_costs_what_its_last_receipt_says",
        "The average cost of a stock item is that after its last receipt with a cost; without any there is none.",
        Scope.SKUS,
        f"""
        WITH {_COSTED},
        item AS (
            SELECT sku, average_cost, cost_currency FROM inventory_stockitem WHERE {WITHIN_SKUS}
        ), last_receipt AS (
            SELECT sku, average_cost, cost_currency FROM costed WHERE is_last
        )
        SELECT sku AS id,
            coalesce(item.average_cost::text, 'none') || ', by its receipts '
            || coalesce(last_receipt.average_cost::text, 'none') AS detail
        FROM item FULL JOIN last_receipt USING (sku)
        WHERE (item.average_cost, coalesce(item.cost_currency, ''))
            IS DISTINCT FROM (last_receipt.average_cost, coalesce(last_receipt.cost_currency, ''))
        """,
    ),
)
