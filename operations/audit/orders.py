"""Promises about orders: their amounts, their states, and what is told of them."""

from operations.audit.check import Check

ORDERS = (
    Check(
        "order_has_its_lines",
        "Every order has lines, numbered from 1 without a gap.",
        """
        SELECT o.id::text AS id, 'lines: ' || count(line_no) || ', last number: ' || coalesce(max(line_no), 0) AS detail
        FROM orders_order AS o LEFT JOIN orders_orderline AS line ON line.order_id = o.id
        GROUP BY o.id
        HAVING count(line_no) = 0 OR min(line_no) <> 1 OR max(line_no) <> count(line_no)
        """,
    ),
    Check(
        "line_net_is_quantity_times_price",
        "A line's net is its quantity times its price, rounded half up to the currency's smallest unit.",
        """
        SELECT o.id::text AS id,
            'line ' || line_no || ': ' || quantity || ' × ' || unit_price || ' is not ' || line.net AS detail
        FROM orders_order AS o JOIN orders_orderline AS line ON line.order_id = o.id
        WHERE line.net <> round(quantity * unit_price, scale((taxes -> 0 ->> 'net')::numeric))
        """,
    ),
    Check(
        "order_net_is_the_sum_of_its_lines",
        "An order's net is the sum of its lines' nets.",
        """
        SELECT o.id::text AS id, 'net ' || o.net || ', lines ' || sum(line.net) AS detail
        FROM orders_order AS o JOIN orders_orderline AS line ON line.order_id = o.id
        GROUP BY o.id
        HAVING o.net <> sum(line.net)
        """,
    ),
    Check(
        "order_taxes_are_those_of_its_lines",
        "For each tax rate of an order's lines there is one tax: the rate of their nets' sum, rounded half up.",
        """
        WITH taxed AS (
            SELECT order_id, tax_rate AS rate, sum(net) AS net FROM orders_orderline GROUP BY order_id, tax_rate
        ), listed AS (
            SELECT o.id AS order_id, part.rate, part.net, part.tax, scale(part.net) AS decimals
            FROM orders_order AS o, jsonb_to_recordset(o.taxes) AS part (rate numeric, net numeric, tax numeric)
        )
        SELECT order_id::text AS id,
            'rate ' || rate || ': lines ' || coalesce(taxed.net::text, 'none') || ', listed '
            || coalesce(listed.net || ', tax ' || listed.tax, 'none') AS detail
        FROM taxed FULL JOIN listed USING (order_id, rate)
        WHERE taxed.net IS DISTINCT FROM listed.net OR listed.tax <> round(listed.net * rate, decimals)
        """,
    ),
    Check(
        "order_tax_is_the_sum_of_its_taxes",
        "An order's tax is the sum of its taxes by rate.",
        """
        SELECT o.id::text AS id, 'tax ' || o.tax || ', by rate ' || by_rate.tax AS detail
        FROM orders_order AS o, LATERAL (
            SELECT coalesce(sum(part.tax), 0) AS tax FROM jsonb_to_recordset(o.taxes) AS part (tax numeric)
        ) AS by_rate
        WHERE o.tax <> by_rate.tax
        """,
    ),
    Check(
        "order_total_is_net_plus_tax",
        "An order's total is its net and its tax.",
        """
        SELECT id::text AS id, net || ' + ' || tax || ' is not ' || total AS detail
        FROM orders_order
        WHERE total <> net + tax
        """,
    ),
    Check(
        "order_answered_or_in_flight",
        "Every placed order has a stock answer, or its event is on its way, or it was placed a moment ago.",
        """
        SELECT o.id::text AS id, 'no stock answer, and no event on its way' AS detail
        FROM orders_order AS o
        WHERE status = 'placed' AND o.id < %(before_id)s
            AND NOT EXISTS (SELECT FROM inventory_stockanswer AS answer WHERE answer.order_id = o.id)
            AND NOT EXISTS (SELECT FROM on_its_way WHERE key = o.id::text)
        """,
    ),
    Check(
        "stock_answer_reached_order_in_time",
        "An order whose stock was reserved or rejected becomes confirmed or rejected.",
        """
        SELECT o.id::text AS id, outcome || ' since ' || answer.at || ', still placed' AS detail
        FROM orders_order AS o JOIN inventory_stockanswer AS answer ON answer.order_id = o.id
        WHERE status = 'placed' AND answer.at < %(before)s
            AND NOT EXISTS (SELECT FROM on_its_way WHERE key = o.id::text)
        """,
    ),
    Check(
        "order_status_agrees_with_stock_answer",
        "An order is confirmed only if its stock is reserved, and rejected only if it was short.",
        """
        SELECT o.id::text AS id, status || ', stock answer: ' || coalesce(outcome, 'none') AS detail
        FROM orders_order AS o LEFT JOIN inventory_stockanswer AS answer ON answer.order_id = o.id
        WHERE status IN ('confirmed', 'rejected')
            AND outcome IS DISTINCT FROM CASE status WHEN 'confirmed' THEN 'reserved' ELSE 'rejected' END
        """,
    ),
    Check(
        "order_rejection_is_its_stock_answer",
        "A rejected order shows the shortages that stock answered with.",
        """
        SELECT o.id::text AS id, 'shows ' || rejection::text || ', stock answer: ' || shortages::text AS detail
        FROM orders_order AS o JOIN inventory_stockanswer AS answer ON answer.order_id = o.id
        WHERE status = 'rejected' AND outcome = 'rejected' AND rejection -> 'shortages' IS DISTINCT FROM shortages
        """,
    ),
    Check(
        "order_timeline_tells_what_happened",
        "The timeline has one entry for the state that an order reached, one for its invoice, and none beyond.",
        """
        SELECT o.id::text AS id,
            status || CASE WHEN invoice_number = '' THEN '' ELSE ', invoiced' END
            || ', timeline: ' || coalesce(events, 'nothing') AS detail
        FROM orders_order AS o LEFT JOIN (
            SELECT order_id, string_agg(event, ', ' ORDER BY id) AS events,
                count(*) FILTER (WHERE event LIKE 'order.confirmed.%%') AS confirmed,
                count(*) FILTER (WHERE event LIKE 'order.rejected.%%') AS rejected,
                count(*) FILTER (WHERE event LIKE 'invoice.issued.%%') AS invoiced
            FROM orders_timelineentry GROUP BY order_id
        ) AS timeline ON timeline.order_id = o.id
        WHERE (coalesce(confirmed, 0), coalesce(rejected, 0), coalesce(invoiced, 0))
            <> ((status = 'confirmed')::int, (status = 'rejected')::int, (invoice_number <> '')::int)
        """,
    ),
)
