"""What the audit keeps by itself, how far back `prune` has deleted, and which returns were imported."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class InvoiceSeal(models.Model):
    """The digest of an invoice as it was issued; a trigger on invoices stores it (migration 0001)."""

    number = models.CharField(primary_key=True, max_length=40)
    digest = models.CharField(max_length=32)

    class Meta:
        verbose_name = "invoice seal"

    def __str__(self) -> str:
        return self.number


class CreditNoteSeal(models.Model):
    """The digest of a credit note as it was issued; a trigger on credit notes stores it (migration 0003)."""

    number = models.CharField(primary_key=True, max_length=40)
    digest = models.CharField(max_length=32)

    class Meta:
        verbose_name = "credit note seal"

    def __str__(self) -> str:
        return self.number


class RetentionHorizon(models.Model):
    """How far back rows of a kind were deleted because they had outlived their retention: see operations.retention."""

    kind = models.CharField(primary_key=True, max_length=20, help_text="As operations.retention.kinds names it.")
    pruned_before = models.DateTimeField(help_text="What is older may be gone; nothing that is younger was deleted.")
    pruned_at = models.DateTimeField(help_text="When it was gone through the last time.")

    class Meta:
        verbose_name = "retention horizon"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pruned_before__lte=models.F("pruned_at")), name="retention_horizon_is_past"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.pruned_before}"


class ImportedReturn(models.Model):
    """A return that was imported, and the credit notes that it became; so it is credited once."""

    reference = models.CharField(primary_key=True, max_length=64)
    credit_notes = models.JSONField(help_text="Their numbers, one for each invoice that it takes back units of.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "imported return"
        constraints = [
            models.CheckConstraint(condition=~Q(reference=""), name="imported_return_has_a_reference"),
            models.CheckConstraint(condition=~Q(credit_notes=[]), name="imported_return_is_credited"),
        ]

    def __str__(self) -> str:
        return self.reference
