"""What was short of an order when it began to wait for stock."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0005_prices_over_time'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='shortages',
            field=models.JSONField(blank=True, help_text='If it has waited for stock, what was short: sku, asked, available.', null=True),
        ),
    ]
