"""Promises about what products cost."""

from operations.audit.check import Check, Scope

PRICES = (
    # Not all that a catalogue says: its history has no twin. A process of before migration 0005 changes the row alone.
    Check(
        "product_costs_what_was_set",
        "What a product's row says that it costs was set as a price of it in that currency.",
        Scope.WHOLE,
        """
        SELECT sku AS id, 'no price of ' || product.unit_price || ' ' || product.currency || ' was ever set' AS detail
        FROM orders_product AS product
        WHERE EXISTS (SELECT FROM orders_price WHERE product_id = sku AND valid_from = set_at)
            AND NOT EXISTS (
                SELECT FROM orders_price AS price JOIN orders_pricelist AS list ON list.code = price.price_list_id
                WHERE product_id = sku AND list.currency = product.currency AND price.unit_price = product.unit_price
            )
        """,
    ),
    # By its id, and by its place: another price may begin there and then, but one that was set later.
    Check(
        "withdrawn_price_is_gone",
        "A price that was withdrawn does not hold, and was withdrawn before it began.",
        Scope.WHOLE,
        """
        SELECT withdrawn.product_id AS id, 'price ' || price_id || ' to begin at ' || withdrawn.valid_from
            || ', withdrawn at ' || withdrawn_at || CASE WHEN price.id IS NULL THEN '' ELSE ', is there' END AS detail
        FROM orders_withdrawnprice AS withdrawn LEFT JOIN orders_price AS price
            ON price.id = price_id OR (price.product_id, price.price_list_id, price.valid_from)
                = (withdrawn.product_id, withdrawn.price_list_id, withdrawn.valid_from) AND price.set_at <= withdrawn_at
        WHERE price.id IS NOT NULL OR withdrawn_at >= withdrawn.valid_from
        """,
    ),
)
