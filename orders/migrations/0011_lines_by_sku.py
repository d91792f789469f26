"""Lines of a sku are found from the latest on, by one index instead of two: without keeping anybody from writing.

Django made one index for equality and one for patterns (`LIKE 'A%'`), which nothing here asks for.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY

    dependencies = [("orders", "0010_withdrawn_prices")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    # What an attempt that failed half-way has left is no index.
                    [
                        "DROP INDEX CONCURRENTLY IF EXISTS order_line_sku_newest",
                        "CREATE INDEX CONCURRENTLY order_line_sku_newest ON orders_orderline (sku, order_id DESC)",
                        "DROP INDEX CONCURRENTLY IF EXISTS orders_orderline_sku_8b04c604",
                        "DROP INDEX CONCURRENTLY IF EXISTS orders_orderline_sku_8b04c604_like",
                    ],
                    [
                        "CREATE INDEX CONCURRENTLY orders_orderline_sku_8b04c604 ON orders_orderline (sku)",
                        "CREATE INDEX CONCURRENTLY orders_orderline_sku_8b04c604_like "
                        "ON orders_orderline (sku varchar_pattern_ops)",
                        "DROP INDEX CONCURRENTLY IF EXISTS order_line_sku_newest",
                    ],
                )
            ],
            state_operations=[
                migrations.AlterField("orderline", "sku", models.CharField(max_length=64)),
                migrations.AddIndex(
                    "orderline", models.Index(fields=["sku", "-order"], name="order_line_sku_newest")
                ),
            ],
        ),
    ]
