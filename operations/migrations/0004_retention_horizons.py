"""How far back `prune` has deleted: what is younger and missing, the audit notices."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operations", "0003_credit_note_seals")]

    operations = [
        migrations.CreateModel(
            name="RetentionHorizon",
            fields=[
                (
                    "kind",
                    models.CharField(
                        max_length=20, primary_key=True, serialize=False, help_text="As operations.retention.kinds names it."
                    ),
                ),
                (
                    "pruned_before",
                    models.DateTimeField(help_text="What is older may be gone; nothing that is younger was deleted."),
                ),
                ("pruned_at", models.DateTimeField(help_text="When it was gone through the last time.")),
            ],
            options={"verbose_name": "retention horizon"},
        ),
        migrations.AddConstraint(
            model_name="retentionhorizon",
            constraint=models.CheckConstraint(
                condition=models.Q(pruned_before__lte=models.F("pruned_at")), name="retention_horizon_is_past"
            ),
        ),
    ]
