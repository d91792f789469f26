"""Prices that were withdrawn before they began, on record. From now on no price is deleted without being among them."""

import django.db.models.deletion
from django.db import migrations, models

_PROTECT = """
    CREATE FUNCTION orders_refuse_withdrawal_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a withdrawn price stays on record: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END
    $$;
    CREATE TRIGGER withdrawn_price_stays_on_record BEFORE UPDATE OR DELETE ON orders_withdrawnprice
        FOR EACH ROW EXECUTE FUNCTION orders_refuse_withdrawal_change();
    CREATE OR REPLACE FUNCTION orders_refuse_price_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.valid_from > clock_timestamp()
            AND EXISTS (SELECT FROM orders_withdrawnprice WHERE price_id = OLD.id)
        THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a price stays as it was set: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END
    $$;
"""

_UNPROTECT = """
    CREATE OR REPLACE FUNCTION orders_refuse_price_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.valid_from > clock_timestamp() THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a price stays as it was set: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END
    $$;
    DROP TRIGGER withdrawn_price_stays_on_record ON orders_withdrawnprice;
    DROP FUNCTION orders_refuse_withdrawal_change();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_request_of_an_order")]

    operations = [
        migrations.CreateModel(
            name="WithdrawnPrice",
            fields=[
                (
                    "price_id",
                    models.BigIntegerField(
                        help_text="The id of the price while there was one.", primary_key=True, serialize=False
                    ),
                ),
                ("unit_price", models.DecimalField(blank=True, decimal_places=6, max_digits=18, null=True)),
                ("valid_from", models.DateTimeField(help_text="When it would have begun.")),
                ("set_at", models.DateTimeField()),
                ("actor", models.CharField(help_text="Who had set it.", max_length=150)),
                ("withdrawn_at", models.DateTimeField()),
                ("withdrawn_by", models.CharField(help_text="A user.", max_length=150)),
                (
                    "price_list",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.pricelist",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawn_prices",
                        to="orders.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "withdrawn price",
                "ordering": ["-withdrawn_at", "-price_id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("withdrawn_at__lt", models.F("valid_from"))),
                        name="price_withdrawn_before_it_began",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("withdrawn_at__gte", models.F("set_at"))),
                        name="price_withdrawn_after_it_was_set",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("withdrawn_by", ""), _negated=True), name="price_withdrawal_says_by_whom"
                    ),
                ],
            },
        ),
        migrations.RunSQL(_PROTECT, _UNPROTECT),
    ]
