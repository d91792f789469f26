"""An issued invoice is neither edited nor deleted, whichever way it is tried. TRUNCATE stays possible: tests use it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION invoicing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'issued invoices never change: % refused', TG_OP USING ERRCODE = 'restrict_violation';
            END
            $$;
            CREATE TRIGGER invoice_never_changes BEFORE UPDATE OR DELETE ON invoicing_invoice
                FOR EACH STATEMENT EXECUTE FUNCTION invoicing_refuse_change();
            """,
            """
            DROP TRIGGER invoice_never_changes ON invoicing_invoice;
            DROP FUNCTION invoicing_refuse_change();
            """,
        ),
    ]
