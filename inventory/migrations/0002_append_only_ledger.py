"""Nobody changes the ledger, whichever way they come. TRUNCATE stays possible: tests empty tables with it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION inventory_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the stock ledger is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
            END
            $$;
            CREATE TRIGGER stock_movement_append_only BEFORE UPDATE OR DELETE ON inventory_stockmovement
                FOR EACH STATEMENT EXECUTE FUNCTION inventory_refuse_change();
            """,
            """
            DROP TRIGGER stock_movement_append_only ON inventory_stockmovement;
            DROP FUNCTION inventory_refuse_change();
            """,
        ),
    ]
