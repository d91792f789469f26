"""The audit asks, for each order, whether a consumer has done more than it has received about it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0004_dead_letters_of_topics_made_anew"),
    ]

    operations = [
        migrations.AddField(
            model_name="inboxentry",
            name="key",
            field=models.CharField(
                db_default="", help_text="The event's; not known before migration 0005.", max_length=64
            ),
        ),
    ]
