"""Stock items name the transaction that changed them last, whichever way it came: common.changed_rows.

A trigger writes it, so that processes of the former version do, too.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0012_documents_of_either_case")]

    operations = [
        migrations.AddField(
            "stockitem",
            "changed_in",
            models.BigIntegerField(db_default=0, default=0, editable=False, help_text="See common.changed_rows."),
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION inventory_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.changed_in := pg_current_xact_id()::text::bigint;
                RETURN NEW;
            END
            $$;
            CREATE TRIGGER stock_item_notes_change BEFORE INSERT OR UPDATE ON inventory_stockitem
                FOR EACH ROW EXECUTE FUNCTION inventory_note_change();
            """,
            """
            DROP TRIGGER stock_item_notes_change ON inventory_stockitem;
            DROP FUNCTION inventory_note_change();
            """,
        ),
    ]
