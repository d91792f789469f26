"""Stored responses to requests with an Idempotency-Key, and counters of limits."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class IdempotencyRecord(models.Model):
    """The first response to a POST with an Idempotency-Key, stored by the transaction of the request."""

    client = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(help_text="SHA-256 of the method, the path and the body.")
    status = models.PositiveSmallIntegerField()
    location = models.CharField(max_length=500, blank=True)
    body = models.TextField(help_text="JSON, as it was answered.")
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        verbose_name = "idempotency record"
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="idempotency_key_once_per_client")]

    def __str__(self) -> str:
        return self.key


class LoginFailureCounter(models.Model):
    """The number of failed log-ins of a browser, an address or an account: see `api.logins.attempt`."""

    key = models.CharField(primary_key=True, max_length=64, help_text="A keyed hash: who it is, is not stored.")
    failures = models.PositiveIntegerField()
    last_at = models.DateTimeField(db_default=Now(), db_index=True)

    def __str__(self) -> str:
        return self.key


class RateLimitBucket(models.Model):
    """The time at which a client's quota will be full again, over all processes: see `api.rate_limits`."""

    client_id = models.BigIntegerField(primary_key=True)
    full_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.client_id)
