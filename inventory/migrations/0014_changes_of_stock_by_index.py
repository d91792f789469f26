"""What has changed of stock is found by an index: it is made without keeping anybody from writing."""

from django.db import migrations, models

_NAME = "stock_item_changed"


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY

    dependencies = [("inventory", "0013_changes_of_stock")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    # What an attempt that failed half-way has left is no index.
                    [
                        f"DROP INDEX CONCURRENTLY IF EXISTS {_NAME}",
                        f"CREATE INDEX CONCURRENTLY {_NAME} ON inventory_stockitem (changed_in, sku)",
                    ],
                    f"DROP INDEX CONCURRENTLY IF EXISTS {_NAME}",
                )
            ],
            state_operations=[
                migrations.AddIndex("stockitem", models.Index(fields=["changed_in", "sku"], name=_NAME))
            ],
        )
    ]
