"""Credit notes never change either, take back no more than was billed, and are listed together with invoices."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0005_credit_notes")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION invoicing_refuse_change_of_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'issued credit notes never change: % refused', TG_OP
                    USING ERRCODE = 'restrict_violation';
            END
            $$;
            CREATE TRIGGER credit_note_never_changes BEFORE UPDATE OR DELETE ON invoicing_creditnote
                FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_change_of_credit_note();
            """,
            """
            DROP TRIGGER credit_note_never_changes ON invoicing_creditnote;
            DROP FUNCTION invoicing_refuse_change_of_credit_note();
            """,
        ),
        # Whoever issues a credit note holds the lock of its invoice's row, so that no other one is on its way.
        migrations.RunSQL(
            """
            CREATE FUNCTION invoicing_refuse_excess_credit() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                excess record;
            BEGIN
                SELECT credited.invoice_number, credited.line_no INTO excess
                FROM (
                    SELECT note.invoice_number, line.line_no, sum(line.quantity) AS quantity, sum(line.net) AS net
                    FROM invoicing_creditnote AS note
                        CROSS JOIN jsonb_to_recordset(note.lines) AS line (line_no int, quantity numeric, net numeric)
                    WHERE note.invoice_number IN (SELECT invoice_number FROM issued)
                    GROUP BY note.invoice_number, line.line_no
                ) AS credited LEFT JOIN (
                    SELECT number, line.line_no, line.quantity, line.net
                    FROM invoicing_invoice
                        CROSS JOIN jsonb_to_recordset(lines) AS line (line_no int, quantity numeric, net numeric)
                    WHERE number IN (SELECT invoice_number FROM issued)
                ) AS billed ON billed.number = credited.invoice_number AND billed.line_no = credited.line_no
                WHERE (credited.quantity <= billed.quantity AND credited.net <= billed.net) IS NOT TRUE
                LIMIT 1;
                IF FOUND THEN
                    RAISE EXCEPTION 'more than was billed would be credited of line % of %',
                        excess.line_no, excess.invoice_number
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_notes_within_billed';
                END IF;
                RETURN NULL;
            END
            $$;
            CREATE TRIGGER credit_notes_within_billed AFTER INSERT ON invoicing_creditnote
                REFERENCING NEW TABLE AS issued
                FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_excess_credit();
            """,
            """
            DROP TRIGGER credit_notes_within_billed ON invoicing_creditnote;
            DROP FUNCTION invoicing_refuse_excess_credit();
            """,
        ),
        migrations.RunSQL(
            """
            CREATE VIEW invoicing_document AS
                SELECT number, 'invoice'::text AS kind, order_id, client_id, customer_id, issued_at,
                    jsonb_array_length(lines) AS line_count
                FROM invoicing_invoice
                UNION ALL
                SELECT number, 'credit_note'::text AS kind, order_id, client_id, customer_id, issued_at,
                    jsonb_array_length(lines) AS line_count
                FROM invoicing_creditnote
            """,
            "DROP VIEW invoicing_document",
        ),
    ]
