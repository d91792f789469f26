"""Promises about numbers: those of invoices, and those of credit notes, run without a gap in the order of issue."""

from operations.audit.check import Check, Scope

# Of both kinds: a series that was one of invoices may have become one of credit notes.
_DOCUMENTS = """(
    SELECT number, series, year, sequence, issued_at, order_id, time_zone, due_date, payment_days
    FROM invoicing_invoice
    UNION ALL
    SELECT number, series, year, sequence, issued_at, order_id, time_zone, NULL, NULL FROM invoicing_creditnote
)"""

NUMBERING = (
    # Who issues in a series does so after the one before has committed: a snapshot that has a number has all before it.
    Check(
        "document_numbers_without_gap",
        "In each series and year the numbers run from 1 without a gap or a repeat.",
        Scope.ORDERS,
        f"""
        SELECT number AS id, 'sequence ' || sequence || ' of ' || series || '-' || year || ': '
            || CASE WHEN twin THEN 'not the only one' ELSE 'without the one before it' END AS detail
        FROM (
            SELECT number, series, year, sequence,
                EXISTS (
                    SELECT FROM {_DOCUMENTS} AS other
                    WHERE (other.series, other.year, other.sequence)
                            = (document.series, document.year, document.sequence)
                        AND other.number <> document.number
                ) AS twin,
                sequence > 1 AND NOT EXISTS (
                    SELECT FROM {_DOCUMENTS} AS previous
                    WHERE (previous.series, previous.year, previous.sequence)
                        = (document.series, document.year, document.sequence - 1)
                ) AS alone
            FROM {_DOCUMENTS} AS document
            WHERE order_id BETWEEN %(first)s AND %(last)s
        ) AS place
        WHERE sequence < 1 OR twin OR alone
        """,
    ),
    Check(
        "document_number_says_where_it_stands",
        "A document's number is of its series, its year, and its place in it; year and due date are the issuer's.",
        Scope.ORDERS,
        f"""
        SELECT number AS id, series || ', ' || year || ', ' || sequence || ', issued ' || issued_at AS detail
        FROM {_DOCUMENTS} AS document
        WHERE order_id BETWEEN %(first)s AND %(last)s AND (
            number <> series || '-' || year || '-' || lpad(sequence::text, greatest(6, length(sequence::text)), '0')
            OR year <> extract(year FROM issued_at AT TIME ZONE time_zone)
            OR due_date <> (issued_at AT TIME ZONE time_zone)::date + payment_days
        )
        """,
    ),
    Check(
        "document_times_follow_their_numbers",
        "No invoice and no credit note was issued before the one with the number before it.",
        Scope.ORDERS,
        f"""
        SELECT document.number AS id,
            'issued ' || document.issued_at || ', ' || previous.number || ' ' || previous.issued_at AS detail
        FROM {_DOCUMENTS} AS document
            JOIN {_DOCUMENTS} AS previous
                ON previous.series = document.series AND previous.year = document.year
                AND previous.sequence = document.sequence - 1
        WHERE document.order_id BETWEEN %(first)s AND %(last)s
            AND document.issued_at < previous.issued_at - %(clock_tolerance)s
        """,
    ),
    Check(
        "document_counter_is_at_the_last_number",
        "The counter of a series and year stands at the last number taken.",
        Scope.WHOLE,
        f"""
        WITH taken AS (SELECT series, year, max(sequence) AS last FROM {_DOCUMENTS} AS document GROUP BY series, year)
        SELECT series || '-' || year AS id,
            'counter at ' || coalesce(counter.last, 0) || ', last number ' || coalesce(taken.last, 0) AS detail
        FROM invoicing_invoicecounter AS counter FULL JOIN taken USING (series, year)
        WHERE coalesce(counter.last, 0) <> coalesce(taken.last, 0)
        """,
    ),
)
