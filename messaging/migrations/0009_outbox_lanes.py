"""Lanes of the outbox are read by an index of their own, which is built while events are recorded."""

from django.db import migrations, models
from django.db.models.expressions import CombinedExpression


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY

    dependencies = [("messaging", "0008_recorded_replays")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    # What an attempt that failed half-way has left is no index.
                    [
                        "DROP INDEX CONCURRENTLY IF EXISTS outbox_lanes",
                        "CREATE INDEX CONCURRENTLY outbox_lanes ON messaging_outboxmessage ((hashtext(key) & 31), id)",
                    ],
                    "DROP INDEX CONCURRENTLY IF EXISTS outbox_lanes",
                )
            ],
            state_operations=[
                migrations.AddIndex(
                    model_name="outboxmessage",
                    index=models.Index(
                        CombinedExpression(
                            models.Func(models.F("key"), function="hashtext", output_field=models.IntegerField()),
                            "&",
                            models.Value(31),
                        ),
                        models.F("id"),
                        name="outbox_lanes",
                    ),
                )
            ],
        ),
    ]
