"""The digest of an invoice covers what came later: left out where an invoice has none, so that old seals stay true."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("operations", "0001_invoice_seals"), ("invoicing", "0004_addresses_and_tax")]

    operations = [
        migrations.RunSQL(
            r"""
            CREATE OR REPLACE FUNCTION operations_invoice_digest(invoice invoicing_invoice) RETURNS text LANGUAGE sql IMMUTABLE
            AS $$
                SELECT left(encode(sha256(convert_to(concat_ws(E'\x1f',
                    invoice.number, invoice.series, invoice.year, invoice.sequence, invoice.order_id,
                    invoice.order_reference, invoice.client_id, invoice.customer_id,
                    extract(epoch FROM invoice.issued_at), invoice.issuer, invoice.bill_to, invoice.currency,
                    invoice.lines, invoice.taxes, invoice.net, invoice.tax, invoice.total,
                    'ship to ' || invoice.ship_to::text, 'due ' || (invoice.due_date - DATE '2000-01-01'),
                    'days ' || invoice.payment_days, 'zone ' || nullif(invoice.time_zone, 'UTC')
                ), 'UTF8')), 'hex'), 32)
            $$;
            """,
            r"""
            CREATE OR REPLACE FUNCTION operations_invoice_digest(invoice invoicing_invoice) RETURNS text LANGUAGE sql IMMUTABLE
            AS $$
                SELECT left(encode(sha256(convert_to(concat_ws(E'\x1f',
                    invoice.number, invoice.series, invoice.year, invoice.sequence, invoice.order_id,
                    invoice.order_reference, invoice.client_id, invoice.customer_id,
                    extract(epoch FROM invoice.issued_at), invoice.issuer, invoice.bill_to, invoice.currency,
                    invoice.lines, invoice.taxes, invoice.net, invoice.tax, invoice.total
                ), 'UTF8')), 'hex'), 32)
            $$;
            """,
        ),
    ]
