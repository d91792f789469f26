"""A dead letter is told from others by its record's timestamp too: offsets begin again in a topic that is made anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0003_sequences_of_dead_letters"),
    ]

    operations = [
        migrations.AddField(
            model_name="deadletter",
            name="timestamp",
            field=models.BigIntegerField(default=0, help_text="When it was sent, in milliseconds since 1970."),
            preserve_default=False,
        ),
        migrations.RemoveConstraint(model_name="deadletter", name="dead_letter_once_per_record"),
        migrations.AddConstraint(
            model_name="deadletter",
            constraint=models.UniqueConstraint(
                fields=("consumer", "topic", "partition", "offset", "timestamp"), name="dead_letter_once_per_record"
            ),
        ),
    ]
