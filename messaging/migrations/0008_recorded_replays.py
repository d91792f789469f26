"""Replays of dead letters are on record, with what came of each letter."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0007_deferred_events'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='deadletter',
            options={'permissions': [('replay_deadletter', 'Can replay dead letters'), ('discard_deadletter', 'Can discard dead letters'), ('replay_many_deadletter', 'Can replay all dead letters, or all of a cause'), ('unmask_deadletter', 'Can see personal data in dead letters')], 'verbose_name': 'dead letter'},
        ),
        migrations.CreateModel(
            name='Replay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consumer', models.CharField(max_length=50)),
                ('chosen', models.CharField(help_text='What was chosen, in words.', max_length=300)),
                ('by', models.CharField(help_text='The user who ordered it.', max_length=150)),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=[('running', 'Running'), ('waiting', 'Waiting'), ('done', 'Done'), ('stopped', 'Stopped')], default='running', max_length=7)),
                ('per_second', models.PositiveIntegerField(blank=True, help_text='At most so many events; none: no limit.', null=True)),
                ('stop_at_failure', models.BooleanField(default=False, help_text='Whether the first new failure ends it.')),
                ('step_until', models.PositiveIntegerField(blank=True, help_text='The turn after which it waits for a person; none: it never does.', null=True)),
                ('turn', models.PositiveIntegerField(default=0, help_text='The last turn that was begun.')),
                ('stopped_by', models.CharField(blank=True, help_text='The user who told it to stop.', max_length=150)),
                ('total', models.PositiveIntegerField(default=0)),
                ('replayed', models.PositiveIntegerField(default=0)),
                ('failed', models.PositiveIntegerField(default=0)),
                ('held', models.PositiveIntegerField(default=0)),
                ('settled', models.PositiveIntegerField(default=0)),
                ('allowance', models.FloatField(default=1.0, help_text='Events that may be handled at once, at `allowance_at`.')),
                ('allowance_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('carrier', models.UUIDField(blank=True, null=True)),
                ('carried_until', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'replay',
                'default_permissions': ('view',),
                'indexes': [models.Index(condition=models.Q(('state', 'running')), fields=['consumer', 'id'], name='replay_running')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('state__in', ['running', 'waiting'])), models.Q(('finished_at__isnull', False), ('state__in', ['done', 'stopped'])), _connector='OR'), name='replay_finished_has_a_time'), models.CheckConstraint(condition=models.Q(('total__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('replayed'), '+', models.F('failed')), '+', models.F('held')), '+', models.F('settled')))), name='replay_counts_within_total'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('total', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('replayed'), '+', models.F('failed')), '+', models.F('held')), '+', models.F('settled'))), _connector='OR'), name='replay_done_has_tried_all')],
            },
        ),
        migrations.CreateModel(
            name='ReplayItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dead_letter', models.BigIntegerField(help_text='Its id; retention may delete it before its replays.')),
                ('turn', models.PositiveIntegerField(help_text='Dead letters of one key have one turn, from the first on.')),
                ('outcome', models.CharField(choices=[('pending', 'Pending'), ('replayed', 'Replayed'), ('failed', 'Failed'), ('held', 'Held'), ('settled', 'Settled')], default='pending', max_length=8)),
                ('cause', models.CharField(blank=True, help_text='The type of the error that it failed with.', max_length=100)),
                ('at', models.DateTimeField(blank=True, null=True)),
                ('deaths', models.PositiveSmallIntegerField(db_default=0, help_text='How many processes died while it was to be handled.')),
                ('replay', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='items', to='messaging.replay')),
            ],
            options={
                'verbose_name': 'replayed dead letter',
                'default_permissions': (),
                'indexes': [models.Index(fields=['dead_letter'], name='replay_item_letter'), models.Index(condition=models.Q(('outcome', 'pending')), fields=['replay', 'turn', 'dead_letter'], name='replay_item_pending')],
                'constraints': [models.UniqueConstraint(fields=('replay', 'dead_letter'), name='replay_item_once'), models.UniqueConstraint(condition=models.Q(('outcome', 'replayed')), fields=('dead_letter',), name='replay_item_replayed_once'), models.CheckConstraint(condition=models.Q(models.Q(('at__isnull', True), ('outcome', 'pending')), models.Q(models.Q(('outcome', 'pending'), _negated=True), ('at__isnull', False)), _connector='OR'), name='replay_item_tried_has_a_time'), models.CheckConstraint(condition=models.Q(('outcome', 'failed'), ('cause', ''), _connector='OR'), name='replay_item_cause_of_failure')],
            },
        ),
        # In the database, because retention deletes replays there; and the table is new, so nothing is scanned.
        migrations.RunSQL(
            """
            ALTER TABLE messaging_replayitem ADD CONSTRAINT replay_item_has_its_replay
            FOREIGN KEY (replay_id) REFERENCES messaging_replay (id) ON DELETE CASCADE
            """,
            "ALTER TABLE messaging_replayitem DROP CONSTRAINT replay_item_has_its_replay",
        ),
    ]
