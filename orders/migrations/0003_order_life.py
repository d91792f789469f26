"""Cancelling and fulfilling: the states, the quantities on lines, shipments, and by what a step came about.

Wider text, new columns with their defaults and constraints that are not yet valid take a lock for a moment only. The
constraint on rejections names the status, so PostgreSQL would check it anew while the column changes its type.
"""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0002_order_digest'),
    ]

    operations = [
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='orders.order')),
                ('tracking', models.CharField(blank=True, help_text='By what the carrier knows it.', max_length=200)),
                ('shipped_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('completes_order', models.BooleanField(help_text='Nothing of the order was open after it.')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ShipmentLine',
            fields=[
                ('pk', models.CompositePrimaryKey('shipment_id', 'line_no', blank=True, editable=False, primary_key=True, serialize=False)),
                ('shipment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='orders.shipment')),
                ('line_no', models.PositiveIntegerField(help_text="The number of the order's line.")),
                ('quantity', models.PositiveIntegerField()),
            ],
            options={
                'ordering': ['line_no'],
            },
        ),
        migrations.AlterModelOptions(
            name='order',
            options={'ordering': ['-placed_at', '-id'], 'permissions': [('set_price', "Can set the price of an order's lines"), ('cancel_order', 'Can cancel the orders of others'), ('fulfil_order', 'Can send the goods of an order')]},
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='order_status_known',
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='order_rejection_says_why',
        ),
        migrations.AddField(
            model_name='order',
            name='cancellation_reason',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='order',
            name='cancelled_at',
            field=models.DateTimeField(blank=True, help_text='When what was open of it was cancelled.', null=True),
        ),
        migrations.AddField(
            model_name='order',
            name='cancelled_from',
            field=models.CharField(blank=True, choices=[('placed', 'Placed'), ('backordered', 'Backordered'), ('confirmed', 'Confirmed'), ('partly_fulfilled', 'Partly Fulfilled'), ('fulfilled', 'Fulfilled'), ('rejected', 'Rejected'), ('cancelled', 'Cancelled')], db_default='', help_text='The status in which it was cancelled.', max_length=16),
        ),
        migrations.AddField(
            model_name='order',
            name='credit_notes',
            field=models.JSONField(blank=True, db_default=[], default=list, help_text='Numbers of the credit notes to its invoice, oldest first.'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='cancelled_quantity',
            field=models.IntegerField(db_default=0, default=0, help_text='Units that will not be sent.'),
        ),
        migrations.AddField(
            model_name='orderline',
            name='fulfilled_quantity',
            field=models.IntegerField(db_default=0, default=0, help_text='Units that were sent.'),
        ),
        migrations.AddField(
            model_name='timelineentry',
            name='cause_id',
            field=models.CharField(blank=True, db_default='', help_text='See orders.causes.', max_length=150),
        ),
        migrations.AddField(
            model_name='timelineentry',
            name='cause_kind',
            field=models.CharField(blank=True, choices=[('event', 'Event'), ('user', 'User'), ('command', 'Command')], db_default='', help_text='Not known before migration 0003.', max_length=7),
        ),
        migrations.AlterField(
            model_name='order',
            name='status',
            field=models.CharField(choices=[('placed', 'Placed'), ('backordered', 'Backordered'), ('confirmed', 'Confirmed'), ('partly_fulfilled', 'Partly Fulfilled'), ('fulfilled', 'Fulfilled'), ('rejected', 'Rejected'), ('cancelled', 'Cancelled')], default='placed', max_length=16),
        ),
        AddConstraintNotValid(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("rejection__isnull", False), ("status", "rejected"))
                | models.Q(models.Q(("status", "rejected"), _negated=True), ("rejection__isnull", True)),
                name="order_rejection_says_why",
            ),
        ),
        AddConstraintNotValid(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['placed', 'backordered', 'confirmed', 'partly_fulfilled', 'fulfilled', 'rejected', 'cancelled'])), name='order_status_known'),
        ),
        AddConstraintNotValid(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('status', 'cancelled'), _negated=True), ('cancellation_reason', ''), ('cancelled_at', None), ('cancelled_from', '')), models.Q(models.Q(('cancellation_reason', ''), _negated=True), ('cancelled_at__isnull', False), ('cancelled_from__in', ['placed', 'backordered', 'confirmed']), ('status', 'cancelled')), models.Q(models.Q(('cancellation_reason', ''), _negated=True), ('cancelled_at__isnull', False), ('cancelled_from', 'partly_fulfilled'), ('status', 'fulfilled')), _connector='OR'), name='order_cancellation_says_why'),
        ),
        AddConstraintNotValid(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('cancelled_quantity__gte', 0), ('fulfilled_quantity__gte', 0), ('quantity__gte', django.db.models.expressions.CombinedExpression(models.F('fulfilled_quantity'), '+', models.F('cancelled_quantity')))), name='order_line_open_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='shipmentline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='shipment_line_quantity_positive'),
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION orders_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'shipments never change: % refused', TG_OP USING ERRCODE = 'restrict_violation';
            END
            $$;
            CREATE TRIGGER shipment_never_changes BEFORE UPDATE OR DELETE ON orders_shipment
                FOR EACH STATEMENT EXECUTE FUNCTION orders_refuse_change();
            CREATE TRIGGER shipment_line_never_changes BEFORE UPDATE OR DELETE ON orders_shipmentline
                FOR EACH STATEMENT EXECUTE FUNCTION orders_refuse_change();
            """,
            """
            DROP TRIGGER shipment_line_never_changes ON orders_shipmentline;
            DROP TRIGGER shipment_never_changes ON orders_shipment;
            DROP FUNCTION orders_refuse_change();
            """,
        ),
    ]
