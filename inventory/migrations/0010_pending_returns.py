"""Returns that wait for the shipment that they take back: a table of their own."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0009_orders_end_holds'),
    ]

    operations = [
        migrations.CreateModel(
            name='PendingReturn',
            fields=[
                ('reference', models.CharField(help_text='The number of the credit note.', max_length=40, primary_key=True, serialize=False)),
                ('order_id', models.UUIDField()),
                ('quantities', models.JSONField(help_text='Units by sku.')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name': 'pending return',
                'ordering': ['reference'],
                'indexes': [models.Index(fields=['order_id'], name='pending_return_order')],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantities', {}), _negated=True), name='pending_return_brings_something')],
            },
        ),
    ]
