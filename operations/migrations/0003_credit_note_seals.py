"""A digest of each credit note as it is issued, as migration 0001 has it of invoices."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operations", "0002_seals_cover_addresses"), ("invoicing", "0006_credit_notes_never_change")]

    operations = [
        migrations.CreateModel(
            name="CreditNoteSeal",
            fields=[
                ("number", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=32)),
            ],
            options={"verbose_name": "credit note seal"},
        ),
        migrations.RunSQL(
            r"""
            CREATE FUNCTION operations_credit_note_digest(note invoicing_creditnote) RETURNS text
                LANGUAGE sql IMMUTABLE
            AS $$
                SELECT left(encode(sha256(convert_to(concat_ws(E'\x1f',
                    note.number, note.series, note.year, note.sequence, note.invoice_number, note.order_id,
                    note.order_reference, note.client_id, note.customer_id, extract(epoch FROM note.issued_at),
                    note.issuer, note.bill_to, 'ship to ' || note.ship_to::text, note.time_zone, note.currency,
                    note.lines, note.taxes, note.net, note.tax, note.total, note.reason, note.restock, note.actor
                ), 'UTF8')), 'hex'), 32)
            $$;
            CREATE FUNCTION operations_seal_credit_notes() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO operations_creditnoteseal (number, digest)
                SELECT issued.number, operations_credit_note_digest(issued) FROM issued;
                RETURN NULL;
            END
            $$;
            CREATE TRIGGER credit_notes_are_sealed AFTER INSERT ON invoicing_creditnote
                REFERENCING NEW TABLE AS issued
                FOR EACH STATEMENT EXECUTE FUNCTION operations_seal_credit_notes();
            """,
            """
            DROP TRIGGER credit_notes_are_sealed ON invoicing_creditnote;
            DROP FUNCTION operations_seal_credit_notes();
            DROP FUNCTION operations_credit_note_digest(invoicing_creditnote);
            """,
        ),
    ]
