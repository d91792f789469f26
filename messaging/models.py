"""The outbox, the inbox and the dead letters."""

from django.db import models
from django.db.models.functions import Now


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
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.key}"


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
