"""Addresses and terms on invoices. Those of before have none, and their times are in UTC."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invoicing', '0003_stored_documents'),
    ]

    operations = [
        migrations.AddField(
            model_name='invoice',
            name='due_date',
            field=models.DateField(blank=True, help_text='Not known before migration 0004.', null=True),
        ),
        migrations.AddField(
            model_name='invoice',
            name='payment_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='From the issue to the due date.', null=True),
        ),
        migrations.AddField(
            model_name='invoice',
            name='ship_to',
            field=models.JSONField(blank=True, help_text='common.parties.Party: where the goods went, if not there.', null=True),
        ),
        migrations.AddField(
            model_name='invoice',
            name='time_zone',
            field=models.CharField(db_default='UTC', default='UTC', help_text="The issuer's: of the year and of dates.", max_length=64),
        ),
        migrations.AlterField(
            model_name='invoice',
            name='bill_to',
            field=models.JSONField(help_text='common.parties.BilledParty: customer_id, and the address if there is one'),
        ),
        migrations.AlterField(
            model_name='invoice',
            name='issuer',
            field=models.JSONField(help_text='common.parties.Issuer'),
        ),
        migrations.AlterField(
            model_name='invoice',
            name='lines',
            field=models.JSONField(help_text='line_no, sku, name, quantity, unit_price, tax_rate, net, unit_code, tax_category'),
        ),
        migrations.AlterField(
            model_name='invoice',
            name='taxes',
            field=models.JSONField(help_text='rate, net, tax, category, reason_code, reason'),
        ),
    ]
