"""What 0008 promises of new rows holds for all, and each step of an order is booked once: keeping nobody from writing."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY

    dependencies = [("inventory", "0008_orders_end")]

    operations = [
        ValidateConstraint(model_name="reservationdecision", name="stock_answer_rejected_if_short"),
        ValidateConstraint(model_name="stockmovement", name="stock_movement_moves_what_its_kind_says"),
        ValidateConstraint(model_name="stockmovement", name="stock_movement_refers_to_its_document"),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    # What an attempt that failed half-way has left is no index.
                    [
                        "DROP INDEX CONCURRENTLY IF EXISTS stock_movement_once_for_an_order",
                        """
                        CREATE UNIQUE INDEX CONCURRENTLY stock_movement_once_for_an_order
                        ON inventory_stockmovement (order_id, sku, kind, reference)
                        WHERE kind IN ('release', 'issue', 'return')
                        """,
                    ],
                    "DROP INDEX CONCURRENTLY IF EXISTS stock_movement_once_for_an_order",
                )
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="stockmovement",
                    constraint=models.UniqueConstraint(
                        fields=["order_id", "sku", "kind", "reference"],
                        condition=Q(kind__in=("release", "issue", "return")),
                        name="stock_movement_once_for_an_order",
                    ),
                )
            ],
        ),
    ]
