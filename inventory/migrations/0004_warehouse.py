"""Reasons, counts, costs and documents of movements, and what stock cost.

New columns with their defaults and constraints that are not yet valid take a lock for a moment only.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

REASONS = ["damaged", "expired", "lost", "found", "stock_take", "correction", "other"]


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_terms_of_the_field")]

    operations = [
        migrations.AlterField(
            model_name="stockitem",
            name="reorder_point",
            field=models.PositiveBigIntegerField(
                db_column="low_at",
                default=0,
                help_text="What brings available down to this is announced as stock.low; 0: when nothing is left.",
            ),
        ),
        migrations.AddField(
            model_name="stockitem",
            name="average_cost",
            field=models.DecimalField(
                blank=True,
                decimal_places=10,
                help_text="Of a unit, by inventory.valuation.",
                max_digits=22,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="stockitem",
            name="cost_currency",
            field=models.CharField(blank=True, db_default="", default="", max_length=3),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("damaged", "damaged"),
                    ("expired", "expired"),
                    ("lost", "lost"),
                    ("found", "found"),
                    ("stock_take", "stock-take"),
                    ("correction", "correction"),
                    ("other", "other"),
                ],
                db_default="",
                default="",
                help_text="Of an adjustment.",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="counted",
            field=models.BigIntegerField(blank=True, help_text="Units that a stock-take found.", null=True),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="unit_cost",
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                help_text="Of a receipt, if it names one.",
                max_digits=18,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="average_cost",
            field=models.DecimalField(
                blank=True,
                decimal_places=10,
                help_text="Of a unit, after a receipt with a cost.",
                max_digits=22,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="cost_currency",
            field=models.CharField(blank=True, db_default="", default="", max_length=3),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="document",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="A delivery note, say; names a sku once.",
                max_length=64,
            ),
        ),
        migrations.RemoveConstraint(model_name="stockmovement", name="stock_movement_moves_what_its_kind_says"),
        AddConstraintNotValid(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=(Q(kind="receipt") & Q(on_hand_change__gt=0, reserved_change=0, order_id=None))
                | (
                    Q(kind="adjustment")
                    & (Q(reserved_change=0, order_id=None) & (~Q(on_hand_change=0) | Q(counted__isnull=False)))
                )
                | (Q(kind="reservation") & Q(on_hand_change=0, reserved_change__gt=0, order_id__isnull=False)),
                name="stock_movement_moves_what_its_kind_says",
            ),
        ),
        AddConstraintNotValid(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=Q(reason="") | Q(kind="adjustment", reason__in=REASONS),
                name="stock_movement_reason_of_an_adjustment",
            ),
        ),
        AddConstraintNotValid(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=Q(counted=None) | Q(reason="stock_take", counted__gte=0),
                name="stock_movement_counted_by_a_stock_take",
            ),
        ),
        AddConstraintNotValid(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=Q(unit_cost=None, average_cost=None, cost_currency="")
                | (Q(kind="receipt", unit_cost__gte=0, average_cost__gte=0) & ~Q(cost_currency="")),
                name="stock_movement_cost_of_a_receipt",
            ),
        ),
        AddConstraintNotValid(
            model_name="stockitem",
            constraint=models.CheckConstraint(
                condition=Q(average_cost=None, cost_currency="") | (Q(average_cost__gte=0) & ~Q(cost_currency="")),
                name="stock_cost_has_a_currency",
            ),
        ),
    ]
