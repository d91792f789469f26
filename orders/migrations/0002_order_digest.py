"""The audit asks whether an order is still as it was accepted. Old code beside new stores the default: not known."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="digest",
            field=models.CharField(
                blank=True,
                db_default="",
                editable=False,
                help_text="orders.intake.digest of it as accepted; not known before migration 0002.",
                max_length=32,
            ),
        ),
    ]
