"""Promises about the amounts of orders: each follows from the lines."""

from operations.audit.check import Check, Scope

AMOUNTS = (
    Check(
        "order_has_its_lines",
        "Every order has lines, numbered from 1 without a gap.",
        Scope.ORDERS,
        """
        SELECT o.id::text AS id, 'lines: ' || count(line_no) || ', last number: ' || coalesce(max(line_no), 0) AS detail
        FROM orders_order AS o LEFT JOIN orders_orderline AS line ON line.order_id = o.id
        WHERE o.id BETWEEN %(first)s AND %(last)s
        GROUP BY o.id
        HAVING count(line_no) = 0 OR min(line_no) <> 1 OR max(line_no) <> count(line_no)
        """,
    ),
    Check(
        "line_net_is_quantity_times_price",
        "A line's net is its quantity times its price, rounded half up to the currency's smallest unit.",
        Scope.ORDERS,
        """
        SELECT o.id::text AS id,
            'line ' || line_no || ': ' || quantity || ' × ' || unit_price || ' ' || o.currency || ' is not '
            || line.net AS detail
        FROM orders_order AS o
            JOIN orders_orderline AS line ON line.order_id = o.id
            LEFT JOIN currency ON currency.code = o.currency
        WHERE o.id BETWEEN %(first)s AND %(last)s
            AND line.net IS DISTINCT FROM round(quantity * unit_price, currency.decimals)
        """,
    ),
    Check(
        "order_net_is_the_sum_of_its_lines",
        "An order's net is the sum of its lines' nets.",
        Scope.ORDERS,
        """
        SELECT o.id::text AS id, 'net ' || o.net || ', lines ' || sum(line.net) AS detail
        FROM orders_order AS o JOIN orders_orderline AS line ON line.order_id = o.id
        WHERE o.id BETWEEN %(first)s AND %(last)s
        GROUP BY o.id, o.net
        HAVING o.net <> sum(line.net)
        """,
    ),
    Check(
        "order_taxes_are_those_of_its_lines",
        "For each category and rate of an order's lines there is one tax: the rate of their sum, rounded half up.",
        Scope.ORDERS,
        """
        WITH taxed AS (
            SELECT order_id, tax_category AS category, tax_rate AS rate, sum(net) AS net
            FROM orders_orderline
            WHERE order_id BETWEEN %(first)s AND %(last)s
            GROUP BY order_id, tax_category, tax_rate
        ), listed AS (
            SELECT o.id AS order_id, coalesce(part.category, '') AS category, part.rate, currency.decimals,
                sum(part.net) AS net, sum(part.tax) AS tax
            FROM orders_order AS o
                CROSS JOIN jsonb_to_recordset(o.taxes) AS part (
                    rate numeric, net numeric, tax numeric, category text)
                LEFT JOIN currency ON currency.code = o.currency
            WHERE o.id BETWEEN %(first)s AND %(last)s
            GROUP BY o.id, coalesce(part.category, ''), part.rate, currency.decimals
        )
        SELECT order_id::text AS id,
            category || ' rate ' || rate || ': lines ' || coalesce(taxed.net::text, 'none') || ', listed '
            || coalesce(listed.net || ', tax ' || listed.tax, 'none') AS detail
        FROM taxed FULL JOIN listed USING (order_id, category, rate)
        WHERE taxed.net IS DISTINCT FROM listed.net OR listed.tax IS DISTINCT FROM round(listed.net * rate, decimals)
        """,
    ),
    Check(
        "order_tax_is_the_sum_of_its_taxes",
        "An order's tax is the sum of its taxes by rate.",
        Scope.ORDERS,
        """
        SELECT o.id::text AS id, 'tax ' || o.tax || ', by rate ' || by_rate.tax AS detail
        FROM orders_order AS o, LATERAL (
            SELECT coalesce(sum(part.tax), 0) AS tax FROM jsonb_to_recordset(o.taxes) AS part (tax numeric)
        ) AS by_rate
        WHERE o.id BETWEEN %(first)s AND %(last)s AND o.tax <> by_rate.tax
        """,
    ),
    Check(
        "order_total_is_net_plus_tax",
        "An order's total is its net and its tax.",
        Scope.ORDERS,
        """
        SELECT id::text AS id, net || ' + ' || tax || ' is not ' || total AS detail
        FROM orders_order
        WHERE id BETWEEN %(first)s AND %(last)s AND total <> net + tax
        """,
    ),
)
