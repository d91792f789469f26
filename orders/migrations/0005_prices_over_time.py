"""Prices with a start. Those of today have held since their product was last changed, as far as anybody knows."""

import django.db.models.deletion
from django.db import migrations, models

_FILL = """
    INSERT INTO orders_pricelist (code, currency) SELECT DISTINCT currency, currency FROM orders_product;
    INSERT INTO orders_price (product_id, price_list_id, unit_price, valid_from, set_at, actor)
    SELECT sku, currency, unit_price, updated_at, updated_at, 'migration' FROM orders_product;
"""

_PROTECT = """
    CREATE FUNCTION orders_refuse_price_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.valid_from > clock_timestamp() THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a price stays as it was set: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END
    $$;
    CREATE TRIGGER price_stays_as_it_was_set BEFORE UPDATE OR DELETE ON orders_price
        FOR EACH ROW EXECUTE FUNCTION orders_refuse_price_change();
"""

_UNPROTECT = """
    DROP TRIGGER price_stays_as_it_was_set ON orders_price;
    DROP FUNCTION orders_refuse_price_change();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_order_life_holds")]

    operations = [
        migrations.CreateModel(
            name="PriceList",
            fields=[
                ("code", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("currency", models.CharField(help_text="ISO 4217 code.", max_length=3)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("currency",), name="price_list_once_per_currency")]
            },
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "unit_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="None: not sold in this list any more.",
                        max_digits=18,
                        null=True,
                    ),
                ),
                ("valid_from", models.DateTimeField()),
                ("set_at", models.DateTimeField()),
                (
                    "actor",
                    models.CharField(help_text="Who set it: a user, or the name of a command.", max_length=150),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prices",
                        to="orders.product",
                    ),
                ),
                (
                    "price_list",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.pricelist",
                    ),
                ),
            ],
            options={
                "ordering": ["-valid_from", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "price_list", "valid_from"), name="price_begins_once"
                    ),
                    models.CheckConstraint(condition=models.Q(unit_price__gte=0), name="price_not_negative"),
                    models.CheckConstraint(
                        condition=models.Q(valid_from__gte=models.F("set_at")), name="price_not_set_for_the_past"
                    ),
                    models.CheckConstraint(condition=~models.Q(actor=""), name="price_says_who_set_it"),
                ],
            },
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
        migrations.RunSQL(_PROTECT, _UNPROTECT),
    ]
