"""Issued invoices and credit notes, the counters behind their numbers, and what was cancelled of orders."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024


def _day_there(at: datetime, time_zone: str) -> date:
    """The day of a time where the issuer is, by which documents are dated, numbered and booked."""
    return at.astimezone(ZoneInfo(time_zone)).date()


class InvoiceCounter(models.Model):
    """The last number of a series in a year; locked while numbers are taken, so that none is left out."""

    pk = models.CompositePrimaryKey("series", "year")
    series = models.CharField(max_length=10)
    year = models.PositiveIntegerField()
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = "invoice counter"

    def __str__(self) -> str:
        return f"{self.series}-{self.year}: {self.last}"


class Invoice(models.Model):
    """An issued document: a snapshot that never changes, and that a trigger keeps from changing."""

    number = models.CharField(primary_key=True, max_length=40)
    series = models.CharField(max_length=10)
    year = models.PositiveIntegerField()
    sequence = models.PositiveBigIntegerField()
    order_id = models.UUIDField()
    order_reference = models.CharField(max_length=64, blank=True)
    client_id = models.BigIntegerField(help_text="The API client that placed the order.")
    customer_id = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    issuer = models.JSONField(help_text="common.parties.Issuer")
    bill_to = models.JSONField(help_text="common.parties.BilledParty: customer_id, and the address if there is one")
    ship_to = models.JSONField(
        null=True, blank=True, help_text="common.parties.Party: where the goods went, if not there."
    )
    due_date = models.DateField(null=True, blank=True, help_text="Not known before migration 0004.")
    payment_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="From the issue to the due date.")
    time_zone = models.CharField(
        max_length=64, default="UTC", db_default="UTC", help_text="The issuer's: of the year and of dates."
    )
    currency = models.CharField(max_length=3)
    lines = models.JSONField(
        help_text="line_no, sku, name, quantity, unit_price, tax_rate, net, unit_code, tax_category"
    )
    taxes = models.JSONField(help_text="rate, net, tax, category, reason_code, reason")
    net = models.DecimalField(max_digits=28, decimal_places=4)
    tax = models.DecimalField(max_digits=28, decimal_places=4)
    total = models.DecimalField(max_digits=28, decimal_places=4)

    class Meta:
        ordering = ["-issued_at", "-number"]
        permissions = [("credit_invoice", "Can credit invoices")]
        indexes = [
            models.Index(fields=["client_id", "-issued_at", "-number"], name="invoice_client_newest"),
            models.Index(fields=["customer_id", "-issued_at", "-number"], name="invoice_customer_newest"),
            models.Index(fields=["-issued_at", "-number"], name="invoice_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order_id"], name="invoice_once_per_order"),
            models.UniqueConstraint(fields=["series", "year", "sequence"], name="invoice_sequence_once"),
            models.CheckConstraint(condition=Q(total=F("net") + F("tax")), name="invoice_total_is_net_plus_tax"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def issue_date(self) -> date:
        """The day that the invoice bears."""
        return _day_there(self.issued_at, self.time_zone)


class StoredDocument(models.Model):
    """An invoice or credit note as a file, as it was first made; a trigger keeps it from changing.

    `number` is of either, so it refers to no table; the audit looks that there is one.
    """

    class Format(models.TextChoices):
        PDF = "pdf"
        HTML = "html"
        UBL = "ubl"
        CII = "cii"

    pk = models.CompositePrimaryKey("number", "format", "language")
    number = models.CharField(max_length=40)
    format = models.CharField(max_length=10, choices=Format)
    language = models.CharField(max_length=8, blank=True, help_text="Empty: that of the buyer's country.")
    content = models.BinaryField(max_length=MAX_DOCUMENT_BYTES)
    sha256 = models.CharField(max_length=64, help_text="Of the content, in hexadecimal digits.")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "stored document"
        constraints = [
            models.CheckConstraint(
                condition=Q(format__in=["pdf", "html", "ubl", "cii"]), name="stored_document_format_is_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    sha256=Func(
                        Func(F("content"), function="sha256"),
                        Value("hex"),
                        function="encode",
                        output_field=models.TextField(),
                    )
                ),
                name="stored_document_hash_is_of_content",
            ),
            models.CheckConstraint(
                condition=Q(Q(format__in=["pdf", "html"]) | Q(language="")),
                name="stored_document_language_is_for_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.format})"


class CreditNote(models.Model):
    """An issued document that takes back a part of an invoice: a snapshot that a trigger keeps from changing."""

    number = models.CharField(primary_key=True, max_length=40)
    series = models.CharField(max_length=10)
    year = models.PositiveIntegerField()
    sequence = models.PositiveBigIntegerField()
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, db_column="invoice_number", related_name="credit_notes"
    )
    order_id = models.UUIDField()
    order_reference = models.CharField(max_length=64, blank=True)
    client_id = models.BigIntegerField(help_text="The API client that placed the order.")
    customer_id = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    issuer = models.JSONField(help_text="As of an invoice, when the credit note was issued.")
    bill_to = models.JSONField(help_text="As on the invoice.")
    ship_to = models.JSONField(null=True, blank=True, help_text="As on the invoice.")
    time_zone = models.CharField(max_length=64, help_text="The issuer's: of the year and of dates.")
    currency = models.CharField(max_length=3)
    lines = models.JSONField(help_text="Those of the invoice, with the quantity and the net that are credited.")
    taxes = models.JSONField(help_text="rate, net, tax")
    net = models.DecimalField(max_digits=28, decimal_places=4)
    tax = models.DecimalField(max_digits=28, decimal_places=4)
    total = models.DecimalField(max_digits=28, decimal_places=4)
    reason = models.CharField(max_length=200)
    restock = models.BooleanField(help_text="Whether the units went back on hand.")
    actor = models.CharField(max_length=150, blank=True, help_text="The user who credited it; empty: an event did.")

    class Meta:
        verbose_name = "credit note"
        ordering = ["-issued_at", "-number"]
        indexes = [
            models.Index(fields=["order_id"], name="credit_note_order"),
            models.Index(fields=["client_id", "-issued_at", "-number"], name="credit_note_client_newest"),
            models.Index(fields=["customer_id", "-issued_at", "-number"], name="credit_note_customer_newest"),
            models.Index(fields=["-issued_at", "-number"], name="credit_note_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "sequence"], name="credit_note_sequence_once"),
            models.CheckConstraint(condition=Q(total=F("net") + F("tax")), name="credit_note_total_is_net_plus_tax"),
            models.CheckConstraint(condition=Q(net__gte=0, tax__gte=0), name="credit_note_takes_back"),
            models.CheckConstraint(condition=~Q(lines=[]), name="credit_note_has_lines"),
            models.CheckConstraint(condition=~Q(reason=""), name="credit_note_says_why"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def issue_date(self) -> date:
        """The day that the credit note bears."""
        return _day_there(self.issued_at, self.time_zone)


class CancelledOrder(models.Model):
    """What was cancelled of an order, kept for ever: it is credited once, or never billed."""

    order_id = models.UUIDField(primary_key=True)
    reason = models.CharField(max_length=200)
    lines = models.JSONField(help_text="line_no, quantity")
    at = models.DateTimeField(db_default=Now(), help_text="When invoicing heard of it.")

    class Meta:
        verbose_name = "cancelled order"

    def __str__(self) -> str:
        return str(self.order_id)


class Document(models.Model):
    """An invoice or a credit note in a list of both: a view of what lists are filtered and ordered by."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", "invoice"
        CREDIT_NOTE = "credit_note", "credit note"

    number = models.CharField(primary_key=True, max_length=40)
    kind = models.TextField(choices=Kind)
    order_id = models.UUIDField()
    client_id = models.BigIntegerField()
    customer_id = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    line_count = models.IntegerField()

    class Meta:
        managed = False
        db_table = "invoicing_document"
        default_permissions = ()
        ordering = ["-issued_at", "-number"]

    def __str__(self) -> str:
        return self.number
