"""What the audit keeps by itself."""

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
