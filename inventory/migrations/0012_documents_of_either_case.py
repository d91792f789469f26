"""A document is found in letters of either case by an index: it is made without keeping anybody from writing."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Collate, Upper

_NAME = "stock_movement_document_upper"


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY

    dependencies = [("inventory", "0011_rare_kinds")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    # What an attempt that failed half-way has left is no index.
                    [
                        f"DROP INDEX CONCURRENTLY IF EXISTS {_NAME}",
                        f"""
                        CREATE INDEX CONCURRENTLY {_NAME}
                        ON inventory_stockmovement (upper(document COLLATE "C"), sku)
                        WHERE NOT (document = '')
                        """,
                    ],
                    f"DROP INDEX CONCURRENTLY IF EXISTS {_NAME}",
                )
            ],
            state_operations=[
                migrations.AddIndex(
                    "stockmovement",
                    models.Index(Upper(Collate("document", "C")), "sku", name=_NAME, condition=~Q(document="")),
                )
            ],
        )
    ]
