"""Returns that were imported, with their credit notes."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0004_retention_horizons'),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportedReturn',
            fields=[
                ('reference', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('credit_notes', models.JSONField(help_text='Their numbers, one for each invoice that it takes back units of.')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name': 'imported return',
                'constraints': [models.CheckConstraint(condition=models.Q(('reference', ''), _negated=True), name='imported_return_has_a_reference'), models.CheckConstraint(condition=models.Q(('credit_notes', []), _negated=True), name='imported_return_is_credited')],
            },
        ),
    ]
