"""Products name the transaction that changed them or their prices last, whichever way it came: common.changed_rows.

Triggers write it, so that processes of the former version do, too.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0013_shipments_by_tracking")]

    operations = [
        migrations.AddField(
            "product",
            "changed_in",
            models.BigIntegerField(
                db_default=0, default=0, editable=False, help_text="See common.changed_rows; its prices count."
            ),
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION orders_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.changed_in := pg_current_xact_id()::text::bigint;
                RETURN NEW;
            END
            $$;
            CREATE TRIGGER product_notes_change BEFORE INSERT OR UPDATE ON orders_product
                FOR EACH ROW EXECUTE FUNCTION orders_note_change();
            CREATE FUNCTION orders_note_price_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE orders_product SET changed_in = 0
                WHERE sku IN (SELECT product_id FROM changed) AND changed_in <> pg_current_xact_id()::text::bigint;
                RETURN NULL;
            END
            $$;
            CREATE TRIGGER price_set_changes_product AFTER INSERT ON orders_price
                REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION orders_note_price_change();
            CREATE TRIGGER price_withdrawn_changes_product AFTER DELETE ON orders_price
                REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION orders_note_price_change();
            """,
            """
            DROP TRIGGER price_set_changes_product ON orders_price;
            DROP TRIGGER price_withdrawn_changes_product ON orders_price;
            DROP FUNCTION orders_note_price_change();
            DROP TRIGGER product_notes_change ON orders_product;
            DROP FUNCTION orders_note_change();
            """,
        ),
    ]
