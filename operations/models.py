"""What the audit keeps by itself, and how far back `prune` has deleted."""

from django.db import models


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
