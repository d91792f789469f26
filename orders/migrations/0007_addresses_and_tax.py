"""Addresses, units and tax categories. All have defaults, which old code beside new stores; constraints are validated by 0008."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0006_what_was_short'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='bill_to',
            field=models.JSONField(blank=True, help_text='common.parties.Party: who is billed.', null=True),
        ),
        migrations.AddField(
            model_name='order',
            name='ship_to',
            field=models.JSONField(blank=True, help_text='common.parties.Party: where the goods go, if not there.', null=True),
        ),
        migrations.AddField(
            model_name='orderline',
            name='tax_category',
            field=models.CharField(blank=True, db_default='', default='', help_text='UNCL 5305; not known before migration 0007.', max_length=2),
        ),
        migrations.AddField(
            model_name='orderline',
            name='unit_code',
            field=models.CharField(db_default='C62', default='C62', help_text='UN/ECE Rec 20.', max_length=3),
        ),
        migrations.AddField(
            model_name='product',
            name='tax_category',
            field=models.CharField(blank=True, db_default='', default='', help_text='S, Z, E: exempt, AE: a service, for businesses abroad under reverse charge; none: S or Z.', max_length=2),
        ),
        migrations.AddField(
            model_name='product',
            name='tax_reason',
            field=models.CharField(blank=True, db_default='', default='', help_text='Why it is exempt.', max_length=200),
        ),
        migrations.AddField(
            model_name='product',
            name='tax_reason_code',
            field=models.CharField(blank=True, db_default='', default='', help_text='Why it is exempt: a code such as VATEX-EU-132.', max_length=40),
        ),
        migrations.AddField(
            model_name='product',
            name='unit_code',
            field=models.CharField(db_default='C62', default='C62', help_text='UN/ECE Rec 20: C62 is a piece, KGM a kilogram.', max_length=3),
        ),
        migrations.AlterField(
            model_name='order',
            name='taxes',
            field=models.JSONField(help_text='Tax per category and rate: rate, net, tax, category, reason_code, reason.'),
        ),
        AddConstraintNotValid(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('tax_category__in', ['', 'S']), ('tax_rate__gt', 0)), models.Q(('tax_category__in', ['', 'Z', 'E', 'AE', 'G', 'K']), ('tax_rate', 0)), _connector='OR'), name='order_line_tax_category_known'),
        ),
        AddConstraintNotValid(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('tax_category', ''), models.Q(('tax_category__in', ['S', 'AE']), ('tax_rate__gt', 0)), models.Q(('tax_category__in', ['Z', 'E']), ('tax_rate', 0)), _connector='OR'), name='product_tax_category_goes_with_rate'),
        ),
        AddConstraintNotValid(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('tax_category', 'E'), models.Q(('tax_reason', ''), ('tax_reason_code', ''), _negated=True)), models.Q(models.Q(('tax_category', 'E'), _negated=True), ('tax_reason', ''), ('tax_reason_code', '')), _connector='OR'), name='product_exempt_with_reason'),
        ),
    ]
