"""A relay's lease, by which other publishers leave the outbox to it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0009_outbox_lanes")]

    operations = [
        migrations.CreateModel(
            name="RelayLease",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
            ],
            options={"verbose_name": "relay lease"},
        ),
    ]
