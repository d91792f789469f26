"""Releases, issues and returns; decisions on orders that were cancelled before.

A new column with its default and constraints that are not yet valid take a lock for a moment only.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0007_backorders_hold'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='reservationdecision',
            name='stock_answer_rejected_if_short',
        ),
        migrations.RemoveConstraint(
            model_name='stockmovement',
            name='stock_movement_moves_what_its_kind_says',
        ),
        migrations.AddField(
            model_name='stockmovement',
            name='reference',
            field=models.CharField(blank=True, db_default='', default='', help_text='The shipment or the credit note of the order.', max_length=40),
        ),
        migrations.AlterField(
            model_name='reservationdecision',
            name='outcome',
            field=models.CharField(choices=[('reserved', 'Reserved'), ('backordered', 'Backordered'), ('rejected', 'Rejected'), ('cancelled', 'Cancelled')], max_length=11),
        ),
        migrations.AlterField(
            model_name='stockmovement',
            name='kind',
            field=models.CharField(choices=[('receipt', 'receipt'), ('adjustment', 'adjustment'), ('reservation', 'reservation'), ('backorder', 'backorder'), ('release', 'release'), ('issue', 'issue'), ('return', 'return')], max_length=11),
        ),
        AddConstraintNotValid(
            model_name='reservationdecision',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['reserved', 'cancelled']), models.Q(('outcome__in', ['backordered', 'rejected']), models.Q(('shortages', []), _negated=True)), _connector='OR'), name='stock_answer_rejected_if_short'),
        ),
        AddConstraintNotValid(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'receipt'), ('on_hand_change__gt', 0), ('order_id', None), ('reserved_change', 0)), models.Q(('kind', 'adjustment'), ('order_id', None), ('reserved_change', 0), models.Q(models.Q(('on_hand_change', 0), _negated=True), ('counted__isnull', False), _connector='OR')), models.Q(('kind', 'reservation'), ('on_hand_change', 0), ('order_id__isnull', False), ('reserved_change__gt', 0)), models.Q(('kind', 'backorder'), ('on_hand_change', 0), ('order_id__isnull', False), ('reserved_change', 0)), models.Q(('kind', 'release'), ('on_hand_change', 0), ('order_id__isnull', False), ('reserved_change__lt', 0)), models.Q(('kind', 'issue'), ('on_hand_change__lt', 0), ('order_id__isnull', False), ('reserved_change', models.F('on_hand_change'))), models.Q(('kind', 'return'), ('on_hand_change__gt', 0), ('order_id__isnull', False), ('reserved_change', 0)), _connector='OR'), name='stock_movement_moves_what_its_kind_says'),
        ),
        AddConstraintNotValid(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('reference', ''), _negated=True), ('kind__in', ['issue', 'return'])), models.Q(models.Q(('kind__in', ['issue', 'return']), _negated=True), ('reference', '')), _connector='OR'), name='stock_movement_refers_to_its_document'),
        ),
    ]
