"""Shipments are found by tracking number: the index is made without keeping anybody from sending goods."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY

    dependencies = [("orders", "0012_room_for_steps")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    # What an attempt that failed half-way has left is no index.
                    [
                        "DROP INDEX CONCURRENTLY IF EXISTS shipment_tracking",
                        "CREATE INDEX CONCURRENTLY shipment_tracking ON orders_shipment (tracking) "
                        "WHERE NOT (tracking = '')",
                    ],
                    ["DROP INDEX CONCURRENTLY IF EXISTS shipment_tracking"],
                )
            ],
            state_operations=[
                migrations.AddIndex(
                    "shipment",
                    models.Index(
                        fields=["tracking"], name="shipment_tracking", condition=~models.Q(tracking="")
                    ),
                ),
            ],
        ),
    ]
