"""What 0004 promises of new rows holds for all, and a document names a sku once: without keeping anybody from writing."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY

    dependencies = [("inventory", "0004_warehouse")]

    operations = [
        ValidateConstraint(model_name="stockmovement", name="stock_movement_moves_what_its_kind_says"),
        ValidateConstraint(model_name="stockmovement", name="stock_movement_reason_of_an_adjustment"),
        ValidateConstraint(model_name="stockmovement", name="stock_movement_counted_by_a_stock_take"),
        ValidateConstraint(model_name="stockmovement", name="stock_movement_cost_of_a_receipt"),
        ValidateConstraint(model_name="stockitem", name="stock_cost_has_a_currency"),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    # What an attempt that failed half-way has left is no index.
                    [
                        "DROP INDEX CONCURRENTLY IF EXISTS stock_movement_document_names_sku_once",
                        """
                        CREATE UNIQUE INDEX CONCURRENTLY stock_movement_document_names_sku_once
                        ON inventory_stockmovement (document, sku) WHERE NOT (document = '')
                        """,
                    ],
                    "DROP INDEX CONCURRENTLY IF EXISTS stock_movement_document_names_sku_once",
                )
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="stockmovement",
                    constraint=models.UniqueConstraint(
                        fields=["document", "sku"],
                        condition=~Q(document=""),
                        name="stock_movement_document_names_sku_once",
                    ),
                )
            ],
        ),
    ]
