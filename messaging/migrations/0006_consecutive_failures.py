"""How many events in a row a consumer has failed on is kept, so that a restart does not begin at nought."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0005_inbox_knows_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsecutiveFailures",
            fields=[
                ("consumer", models.CharField(max_length=50, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField()),
            ],
            options={"verbose_name": "consecutive failures", "verbose_name_plural": "consecutive failures"},
        ),
    ]
