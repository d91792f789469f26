"""Orders that wait for stock: their lines, what of a sku is waited for, and why an order was rejected later.

Wider text, columns with defaults and constraints that are not yet valid take a lock for a moment only.
"""

import django.db.models.deletion
import django.db.models.expressions
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0005_warehouse_holds'),
    ]

    operations = [
        migrations.CreateModel(
            name='BackorderLine',
            fields=[
                ('pk', models.CompositePrimaryKey('sku', 'decision_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('sku', models.CharField(max_length=64)),
                ('decision', models.ForeignKey(db_column='order_id', on_delete=django.db.models.deletion.PROTECT, related_name='backorder_lines', to='inventory.reservationdecision')),
                ('quantity', models.PositiveBigIntegerField()),
            ],
            options={
                'ordering': ['sku'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='reservationdecision',
            name='stock_answer_rejected_if_short',
        ),
        migrations.RemoveConstraint(
            model_name='stockmovement',
            name='stock_movement_moves_what_its_kind_says',
        ),
        migrations.AddField(
            model_name='reservationdecision',
            name='reason',
            field=models.CharField(blank=True, db_default='', help_text='Where rejected later: why.', max_length=32),
        ),
        migrations.AddField(
            model_name='stockitem',
            name='backordered',
            field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='Units that orders wait for.'),
        ),
        migrations.AddField(
            model_name='stockmovement',
            name='backordered_change',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='reservationdecision',
            name='outcome',
            field=models.CharField(choices=[('reserved', 'Reserved'), ('backordered', 'Backordered'), ('rejected', 'Rejected')], max_length=11),
        ),
        migrations.AlterField(
            model_name='reservationdecision',
            name='shortages',
            field=models.JSONField(blank=True, default=list, help_text='Where it was short: sku, asked, available, as it was decided first.'),
        ),
        migrations.AlterField(
            model_name='stockmovement',
            name='kind',
            field=models.CharField(choices=[('receipt', 'receipt'), ('adjustment', 'adjustment'), ('reservation', 'reservation'), ('backorder', 'backorder')], max_length=11),
        ),
        migrations.AddIndex(
            model_name='stockitem',
            index=models.Index(condition=models.Q(('backordered__gt', 0)), fields=['sku'], name='stock_item_awaited'),
        ),
        migrations.AddIndex(
            model_name='reservationdecision',
            index=models.Index(condition=models.Q(('outcome', 'backordered')), fields=['at'], name='stock_decision_backordered'),
        ),
        AddConstraintNotValid(
            model_name='reservationdecision',
            constraint=models.CheckConstraint(condition=models.Q(('outcome', 'reserved'), models.Q(('outcome__in', ['backordered', 'rejected']), models.Q(('shortages', []), _negated=True)), _connector='OR'), name='stock_answer_rejected_if_short'),
        ),
        AddConstraintNotValid(
            model_name='stockitem',
            constraint=models.CheckConstraint(condition=models.Q(('backordered__gte', 0)), name='stock_backordered_not_negative'),
        ),
        AddConstraintNotValid(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=(Q(kind="receipt") & Q(on_hand_change__gt=0, reserved_change=0, order_id=None))
                | (
                    Q(kind="adjustment")
                    & (Q(reserved_change=0, order_id=None) & (~Q(on_hand_change=0) | Q(counted__isnull=False)))
                )
                | (Q(kind="reservation") & Q(on_hand_change=0, reserved_change__gt=0, order_id__isnull=False))
                | (Q(kind="backorder") & Q(on_hand_change=0, reserved_change=0, order_id__isnull=False)),
                name="stock_movement_moves_what_its_kind_says",
            ),
        ),
        AddConstraintNotValid(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'backorder'), models.Q(('backordered_change', 0), _negated=True)), models.Q(('backordered_change', 0), ('kind', 'reservation')), models.Q(('backordered_change', django.db.models.expressions.CombinedExpression(models.F('reserved_change'), '*', models.Value(-1))), ('kind', 'reservation')), models.Q(models.Q(('kind__in', ['backorder', 'reservation']), _negated=True), ('backordered_change', 0)), _connector='OR'), name='stock_movement_backorders_what_its_kind_says'),
        ),
        migrations.AddConstraint(
            model_name='backorderline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='backorder_quantity_positive'),
        ),
    ]
