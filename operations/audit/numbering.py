"""Promises about the numbers of invoices: they run without a gap, in the order in which invoices were issued."""

from operations.audit.check import Check, Scope

NUMBERING = (
    # Who issues in a series does so after the one before has committed: a snapshot that has a number has all before it.
    Check(
        "invoice_numbers_without_gap",
        "In each series and year the numbers run from 1 without a gap or a repeat.",
        Scope.ORDERS,
        """
        SELECT number AS id, 'sequence ' || sequence || ' of ' || series || '-' || year || ': '
            || CASE WHEN twin THEN 'not the only one' ELSE 'without the one before it' END AS detail
        FROM (
            SELECT number, series, year, sequence,
                EXISTS (
                    SELECT FROM invoicing_invoice AS other
                    WHERE (other.series, other.year, other.sequence) = (invoice.series, invoice.year, invoice.sequence)
                        AND other.number <> invoice.number
                ) AS twin,
                sequence > 1 AND NOT EXISTS (
                    SELECT FROM invoicing_invoice AS previous
                    WHERE (previous.series, previous.year, previous.sequence)
                        = (invoice.series, invoice.year, invoice.sequence - 1)
                ) AS alone
            FROM invoicing_invoice AS invoice
            WHERE order_id BETWEEN %(first)s AND %(last)s
        ) AS place
        WHERE sequence < 1 OR twin OR alone
        """,
    ),
    Check(
        "invoice_number_says_where_it_stands",
        "An invoice's number is made of its series, its year, and its place in it; year and due date are the issuer's.",
        Scope.ORDERS,
        """
        SELECT number AS id, series || ', ' || year || ', ' || sequence || ', issued ' || issued_at AS detail
        FROM invoicing_invoice
        WHERE order_id BETWEEN %(first)s AND %(last)s AND (
            number <> series || '-' || year || '-' || lpad(sequence::text, greatest(6, length(sequence::text)), '0')
            OR year <> extract(year FROM issued_at AT TIME ZONE time_zone)
            OR due_date <> (issued_at AT TIME ZONE time_zone)::date + payment_days
        )
        """,
    ),
    Check(
        "invoice_times_follow_their_numbers",
        "No invoice was issued before the one with the number before it.",
        Scope.ORDERS,
        """
        SELECT invoice.number AS id,
            'issued ' || invoice.issued_at || ', ' || previous.number || ' ' || previous.issued_at AS detail
        FROM invoicing_invoice AS invoice
            JOIN invoicing_invoice AS previous
                ON previous.series = invoice.series AND previous.year = invoice.year
                AND previous.sequence = invoice.sequence - 1
        WHERE invoice.order_id BETWEEN %(first)s AND %(last)s
            AND invoice.issued_at < previous.issued_at - %(clock_tolerance)s
        """,
    ),
    Check(
        "invoice_counter_is_at_the_last_number",
        "The counter of a series and year stands at the last number taken.",
        Scope.WHOLE,
        """
        WITH taken AS (SELECT series, year, max(sequence) AS last FROM invoicing_invoice GROUP BY series, year)
        SELECT series || '-' || year AS id,
            'counter at ' || coalesce(counter.last, 0) || ', last number ' || coalesce(taken.last, 0) AS detail
        FROM invoicing_invoicecounter AS counter FULL JOIN taken USING (series, year)
        WHERE coalesce(counter.last, 0) <> coalesce(taken.last, 0)
        """,
    ),
)
