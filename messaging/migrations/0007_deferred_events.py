"""Events of types that a version of a consumer does not know are kept for the next one."""

from django.db import migrations, models

UNRESOLVED = ["failed", "waiting", "deferred"]


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0006_consecutive_failures"),
    ]

    operations = [
        migrations.AlterField(
            model_name="deadletter",
            name="state",
            field=models.CharField(
                choices=[
                    ("failed", "Failed"),
                    ("waiting", "Waiting"),
                    ("deferred", "Deferred"),
                    ("replayed", "Replayed"),
                    ("discarded", "Discarded"),
                ],
                default="failed",
                max_length=9,
            ),
        ),
        migrations.RemoveConstraint(model_name="deadletter", name="dead_letter_resolved_has_a_time"),
        migrations.AddConstraint(
            model_name="deadletter",
            constraint=models.CheckConstraint(
                condition=models.Q(resolved_at__isnull=True, state__in=UNRESOLVED)
                | models.Q(resolved_at__isnull=False, state__in=["replayed", "discarded"]),
                name="dead_letter_resolved_has_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="deadletter",
            index=models.Index(
                condition=models.Q(state__in=UNRESOLVED),
                fields=["consumer", "key", "id"],
                name="dead_letter_unresolved",
            ),
        ),
        migrations.RemoveIndex(model_name="deadletter", name="dead_letter_open_sequences"),
    ]
