"""The outbox, the inbox, and the dead letters with their replays."""

from django.db import models
from django.db.models.functions import Now

from messaging.outbox.lanes import LANES

_LANE = models.Func(models.F("key"), function="hashtext", output_field=models.IntegerField()).bitand(LANES - 1)


class OutboxMessage(models.Model):
    """An event that is committed but not yet acknowledged by Kafka. Delivered rows are deleted."""

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField()
    type = models.CharField(max_length=100)
    topic = models.CharField(max_length=100)
    key = models.CharField(max_length=64)
    body = models.TextField(help_text="JSON, as it is sent.")
    correlation_id = models.CharField(max_length=200, blank=True)
    traceparent = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    parked_at = models.DateTimeField(null=True, blank=True, help_text="When Kafka refused it for good.")
    parked_reason = models.TextField(blank=True)

    class Meta:
        verbose_name = "outbox message"
        indexes = [
            models.Index(fields=["key"], condition=models.Q(parked_at__isnull=False), name="outbox_parked_keys"),
            models.Index(_LANE, "id", name="outbox_lanes"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.key}"


class RelayLease(models.Model):
    """Until when the publishers of other processes leave the outbox to a relay: one row, or none before the first."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    until = models.DateTimeField()

    class Meta:
        verbose_name = "relay lease"

    def __str__(self) -> str:
        return f"until {self.until}"


class InboxEntry(models.Model):
    """An event that a consumer has handled: the insert is part of the transaction that handled it."""

    pk = models.CompositePrimaryKey("consumer", "event_id")
    consumer = models.CharField(max_length=50)
    event_id = models.UUIDField()
    key = models.CharField(max_length=64, db_default="", help_text="The event's; not known before migration 0005.")
    handled_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "inbox entry"
        verbose_name_plural = "inbox entries"

    def __str__(self) -> str:
        return f"{self.consumer} {self.event_id}"


class ConsecutiveFailures(models.Model):
    """How many events in a row the handlers of a consumer have failed on, since they handled one."""

    consumer = models.CharField(primary_key=True, max_length=50)
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = "consecutive failures"
        verbose_name_plural = "consecutive failures"

    def __str__(self) -> str:
        return f"{self.consumer}: {self.count}"


class DeadLetter(models.Model):
    """A message that a consumer could not handle, kept whole before its offset is committed.

    Later messages of its key wait behind it, as dead letters too, until it is replayed or discarded. What was done
    about it stays on record. One that is deferred holds up nothing for a version that does not know its type.
    """

    class State(models.TextChoices):
        FAILED = "failed"
        WAITING = "waiting"  # behind an earlier one of its key
        DEFERRED = "deferred"  # until a version of the consumer knows its type
        REPLAYED = "replayed"
        DISCARDED = "discarded"

    OPEN = (State.FAILED, State.WAITING)  # waits for a person
    UNRESOLVED = (*OPEN, State.DEFERRED)

    consumer = models.CharField(max_length=50)
    topic = models.CharField(max_length=249)
    partition = models.PositiveIntegerField()
    offset = models.BigIntegerField()
    timestamp = models.BigIntegerField(help_text="When it was sent, in milliseconds since 1970.")
    key = models.CharField(max_length=200, blank=True)
    event_type = models.CharField(max_length=200, blank=True)
    headers = models.JSONField(help_text="Name and value, base64 where it is not text.")
    body = models.BinaryField()
    state = models.CharField(max_length=9, choices=State, default=State.FAILED)
    error = models.TextField(blank=True)
    traceback = models.TextField(blank=True)
    attempts = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now(), db_index=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=150, blank=True, help_text="The user who replayed or discarded it.")
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was discarded.")

    class Meta:
        verbose_name = "dead letter"
        permissions = [
            ("replay_deadletter", "Can replay dead letters"),
            ("discard_deadletter", "Can discard dead letters"),
            ("replay_many_deadletter", "Can replay all dead letters, or all of a cause"),
            ("unmask_deadletter", "Can see personal data in dead letters"),
        ]
        indexes = [
            models.Index(fields=["key"], name="dead_letter_key"),
            models.Index(
                fields=["consumer", "key", "id"],
                condition=models.Q(state__in=["failed", "waiting", "deferred"]),
                name="dead_letter_unresolved",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["consumer", "topic", "partition", "offset", "timestamp"], name="dead_letter_once_per_record"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["failed", "waiting", "deferred"], resolved_at__isnull=True)
                | models.Q(state__in=["replayed", "discarded"], resolved_at__isnull=False),
                name="dead_letter_resolved_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.topic}/{self.partition}@{self.offset}"


class Replay(models.Model):
    """A replay of dead letters of one consumer that a person has ordered, and how far it has come.

    It is carried out by whichever process holds its lease: `carrier` until `carried_until`. The counts are those of its
    items, changed in the transactions that handle them: see messaging/dead_letters/carrying.py.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        WAITING = "waiting"  # between two steps, for a person
        DONE = "done"
        STOPPED = "stopped"  # by a person, or at a failure; what it had not come to is open as before

    UNFINISHED = (State.RUNNING, State.WAITING)

    consumer = models.CharField(max_length=50)
    chosen = models.CharField(max_length=300, help_text="What was chosen, in words.")
    by = models.CharField(max_length=150, help_text="The user who ordered it.")
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    per_second = models.PositiveIntegerField(null=True, blank=True, help_text="At most so many events; none: no limit.")
    stop_at_failure = models.BooleanField(default=False, help_text="Whether the first new failure ends it.")
    step_until = models.PositiveIntegerField(
        null=True, blank=True, help_text="The turn after which it waits for a person; none: it never does."
    )
    turn = models.PositiveIntegerField(default=0, help_text="The last turn that was begun.")
    stopped_by = models.CharField(max_length=150, blank=True, help_text="The user who told it to stop.")
    total = models.PositiveIntegerField(default=0)
    replayed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    settled = models.PositiveIntegerField(default=0)
    allowance = models.FloatField(default=1.0, help_text="Events that may be handled at once, at `allowance_at`.")
    allowance_at = models.DateTimeField(db_default=Now())
    carrier = models.UUIDField(null=True, blank=True)
    carried_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "replay"
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["consumer", "id"], condition=models.Q(state="running"), name="replay_running"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["running", "waiting"], finished_at__isnull=True)
                | models.Q(state__in=["done", "stopped"], finished_at__isnull=False),
                name="replay_finished_has_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    total__gte=models.F("replayed") + models.F("failed") + models.F("held") + models.F("settled")
                ),
                name="replay_counts_within_total",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done")
                | models.Q(total=models.F("replayed") + models.F("failed") + models.F("held") + models.F("settled")),
                name="replay_done_has_tried_all",
            ),
        ]

    def __str__(self) -> str:
        return f"replay {self.pk}"

    @property
    def left(self) -> int:
        """How many dead letters it has not come to."""
        return self.total - self.replayed - self.failed - self.held - self.settled


class ReplayItem(models.Model):
    """A dead letter of a replay, and what came of it there."""

    class Outcome(models.TextChoices):
        PENDING = "pending"
        REPLAYED = "replayed"
        FAILED = "failed"  # again
        HELD = "held"  # by one of its key that failed again
        SETTLED = "settled"  # by somebody else meanwhile

    # The database deletes items with their replay.
    replay = models.ForeignKey(Replay, models.DO_NOTHING, related_name="items", db_constraint=False, db_index=False)
    dead_letter = models.BigIntegerField(help_text="Its id; retention may delete it before its replays.")
    turn = models.PositiveIntegerField(help_text="Dead letters of one key have one turn, from the first on.")
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.PENDING)
    cause = models.CharField(max_length=100, blank=True, help_text="The type of the error that it failed with.")
    at = models.DateTimeField(null=True, blank=True)
    deaths = models.PositiveSmallIntegerField(
        db_default=0, help_text="How many processes died while it was to be handled."
    )

    class Meta:
        verbose_name = "replayed dead letter"
        default_permissions = ()
        indexes = [
            models.Index(fields=["dead_letter"], name="replay_item_letter"),
            models.Index(
                fields=["replay", "turn", "dead_letter"],
                condition=models.Q(outcome="pending"),
                name="replay_item_pending",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["replay", "dead_letter"], name="replay_item_once"),
            models.UniqueConstraint(
                fields=["dead_letter"], condition=models.Q(outcome="replayed"), name="replay_item_replayed_once"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="pending", at__isnull=True)
                | (~models.Q(outcome="pending") & models.Q(at__isnull=False)),
                name="replay_item_tried_has_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="failed") | models.Q(cause=""), name="replay_item_cause_of_failure"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dead_letter}: {self.outcome}"
