"""The outbox is a queue: rows live for milliseconds. Vacuum it by count of dead rows, not by share of the table."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE messaging_outboxmessage SET (
                autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000,
                autovacuum_vacuum_cost_delay = 0
            )
            """,
            "ALTER TABLE messaging_outboxmessage RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,"
            " autovacuum_analyze_scale_factor, autovacuum_analyze_threshold, autovacuum_vacuum_cost_delay)",
        ),
    ]
