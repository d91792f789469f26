"""What has changed of products is found by indexes: they are made without keeping anybody from writing."""

from django.db import migrations, models

_PRODUCTS = "product_changed"
_PRICES = "price_begins"


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY

    dependencies = [("orders", "0014_changes_of_products")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    # What an attempt that failed half-way has left is no index.
                    [
                        f"DROP INDEX CONCURRENTLY IF EXISTS {_PRODUCTS}",
                        f"CREATE INDEX CONCURRENTLY {_PRODUCTS} ON orders_product (changed_in, sku)",
                        f"DROP INDEX CONCURRENTLY IF EXISTS {_PRICES}",
                        f"CREATE INDEX CONCURRENTLY {_PRICES} ON orders_price (valid_from, id)",
                    ],
                    [
                        f"DROP INDEX CONCURRENTLY IF EXISTS {_PRICES}",
                        f"DROP INDEX CONCURRENTLY IF EXISTS {_PRODUCTS}",
                    ],
                )
            ],
            state_operations=[
                migrations.AddIndex("product", models.Index(fields=["changed_in", "sku"], name=_PRODUCTS)),
                migrations.AddIndex("price", models.Index(fields=["valid_from", "id"], name=_PRICES)),
            ],
        )
    ]
