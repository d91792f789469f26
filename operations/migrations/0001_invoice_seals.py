"""A digest of each invoice as it is issued, by which the audit notices what was changed afterwards.

A trigger, so that invoices are sealed whichever code issues them: also that of a former version, beside the new one.
The columns are named: one that comes later has to be added to the function on purpose.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("invoicing", "0002_invoices_never_change")]

    operations = [
        migrations.CreateModel(
            name="InvoiceSeal",
            fields=[
                ("number", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=32)),
            ],
            options={"verbose_name": "invoice seal"},
        ),
        migrations.RunSQL(
            r"""
            CREATE FUNCTION operations_invoice_digest(invoice invoicing_invoice) RETURNS text LANGUAGE sql IMMUTABLE
            AS $$
                SELECT left(encode(sha256(convert_to(concat_ws(E'\x1f',
                    invoice.number, invoice.series, invoice.year, invoice.sequence, invoice.order_id,
                    invoice.order_reference, invoice.client_id, invoice.customer_id,
                    extract(epoch FROM invoice.issued_at), invoice.issuer, invoice.bill_to, invoice.currency,
                    invoice.lines, invoice.taxes, invoice.net, invoice.tax, invoice.total
                ), 'UTF8')), 'hex'), 32)
            $$;
            CREATE FUNCTION operations_seal_invoices() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO operations_invoiceseal (number, digest)
                SELECT issued.number, operations_invoice_digest(issued) FROM issued;
                RETURN NULL;
            END
            $$;
            CREATE TRIGGER invoices_are_sealed AFTER INSERT ON invoicing_invoice
                REFERENCING NEW TABLE AS issued
                FOR EACH STATEMENT EXECUTE FUNCTION operations_seal_invoices();
            """,
            """
            DROP TRIGGER invoices_are_sealed ON invoicing_invoice;
            DROP FUNCTION operations_seal_invoices();
            DROP FUNCTION operations_invoice_digest(invoicing_invoice);
            """,
        ),
    ]
