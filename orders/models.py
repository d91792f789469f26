"""The catalogue, orders with their lines, and what happened to each of them."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from messaging.events import new_id
from orders.causes import Cause
from orders.shipment_numbers import shipment_number
from orders.tax_category import TaxCategory
from orders.transitions import Status, check

_UNTAXED = [category for category in TaxCategory if category != TaxCategory.STANDARD]


class ProductQuerySet(models.QuerySet["Product"]):
    def with_price_now(self) -> Self:
        """The products with `price_now`: what each costs now in its own currency, in which it is always sold."""
        holding = Price.objects.filter(
            product=models.OuterRef("pk"),
            price_list__currency=models.OuterRef("currency"),
            valid_from__lte=timezone.now(),
            unit_price__isnull=False,
        ).order_by("-valid_from")
        return self.annotate(price_now=Coalesce(models.Subquery(holding.values("unit_price")[:1]), "unit_price"))


class Product(models.Model):
    """What can be ordered. A change of price or tax touches no order: those hold snapshots.

    `unit_price` is what it was last given at once. What it costs now or in another currency is in its prices, and in
    `unit_price` only as long as it has none: `with_price_now` and `orders.catalogue` know.
    """

    sku = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=200)
    unit_price = models.DecimalField(max_digits=18, decimal_places=6)
    currency = models.CharField(max_length=3, help_text="ISO 4217 code.")
    tax_rate = models.DecimalField(max_digits=5, decimal_places=4, help_text="A fraction: 0.2 is 20 %.")
    tax_category = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        help_text="S, Z, E: exempt, AE: a service, for businesses abroad under reverse charge; none: S or Z.",
    )
    tax_reason_code = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="Why it is exempt: a code such as VATEX-EU-132."
    )
    tax_reason = models.CharField(max_length=200, blank=True, default="", db_default="", help_text="Why it is exempt.")
    unit_code = models.CharField(
        max_length=3, default="C62", db_default="C62", help_text="UN/ECE Rec 20: C62 is a piece, KGM a kilogram."
    )
    updated_at = models.DateTimeField(auto_now=True)
    changed_in = models.BigIntegerField(
        default=0, db_default=0, editable=False, help_text="See common.changed_rows; its prices count."
    )

    objects = ProductQuerySet.as_manager()
    price_now: Decimal  # of those that are read `with_price_now`

    class Meta:
        indexes = [models.Index(fields=["changed_in", "sku"], name="product_changed")]
        constraints = [
            models.CheckConstraint(condition=models.Q(unit_price__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(tax_rate__gte=0, tax_rate__lte=1), name="product_tax_rate_0_to_1"
            ),
            models.CheckConstraint(
                condition=models.Q(tax_category="")
                | models.Q(tax_category__in=[TaxCategory.STANDARD, TaxCategory.REVERSE_CHARGE], tax_rate__gt=0)
                | models.Q(tax_category__in=[TaxCategory.ZERO, TaxCategory.EXEMPT], tax_rate=0),
                name="product_tax_category_goes_with_rate",
            ),
            models.CheckConstraint(
                condition=(models.Q(tax_category=TaxCategory.EXEMPT) & ~models.Q(tax_reason_code="", tax_reason=""))
                | (~models.Q(tax_category=TaxCategory.EXEMPT) & models.Q(tax_reason_code="", tax_reason="")),
                name="product_exempt_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.sku


class PriceList(models.Model):
    """The prices in one currency. An order's currency chooses its list; a list is made with its first price."""

    code = models.CharField(primary_key=True, max_length=20)
    currency = models.CharField(max_length=3, help_text="ISO 4217 code.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["currency"], name="price_list_once_per_currency")]

    def __str__(self) -> str:
        return self.code


class Price(models.Model):
    """What a product costs in a list from a time on, until its next price there begins.

    A trigger keeps it from changing, and from being deleted but by a withdrawal before it begins.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="prices", db_index=False)
    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="+", db_index=False)
    unit_price = models.DecimalField(
        max_digits=18, decimal_places=6, null=True, blank=True, help_text="None: not sold in this list any more."
    )
    valid_from = models.DateTimeField()
    set_at = models.DateTimeField()
    actor = models.CharField(max_length=150, help_text="Who set it: a user, or the name of a command.")

    class Meta:
        ordering = ["-valid_from", "-id"]
        indexes = [models.Index(fields=["valid_from", "id"], name="price_begins")]
        constraints = [
            models.UniqueConstraint(fields=["product", "price_list", "valid_from"], name="price_begins_once"),
            models.CheckConstraint(condition=models.Q(unit_price__gte=0), name="price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(valid_from__gte=models.F("set_at")), name="price_not_set_for_the_past"
            ),
            models.CheckConstraint(condition=~models.Q(actor=""), name="price_says_who_set_it"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.price_list_id} {self.valid_from}"


class WithdrawnPrice(models.Model):
    """A price that was withdrawn before it began: as it was set, and when it was withdrawn by whom.

    A trigger keeps it from changing.
    """

    price_id = models.BigIntegerField(primary_key=True, help_text="The id of the price while there was one.")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="withdrawn_prices")
    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="+", db_index=False)
    unit_price = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    valid_from = models.DateTimeField(help_text="When it would have begun.")
    set_at = models.DateTimeField()
    actor = models.CharField(max_length=150, help_text="Who had set it.")
    withdrawn_at = models.DateTimeField()
    withdrawn_by = models.CharField(max_length=150, help_text="A user.")

    class Meta:
        verbose_name = "withdrawn price"
        ordering = ["-withdrawn_at", "-price_id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__lt=models.F("valid_from")), name="price_withdrawn_before_it_began"
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__gte=models.F("set_at")), name="price_withdrawn_after_it_was_set"
            ),
            models.CheckConstraint(condition=~models.Q(withdrawn_by=""), name="price_withdrawal_says_by_whom"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.price_list_id} {self.valid_from}"


class OrderQuerySet(models.QuerySet["Order"]):
    def lock(self, order_ids: Collection[UUID]) -> dict[UUID, "Order"]:
        """Those of these orders that there are, by id, locked in the order of their ids until the transaction ends."""
        return {order.pk: order for order in self.select_for_update().filter(pk__in=order_ids).order_by("pk")}


class Order(models.Model):
    """An accepted order. What it asks for never changes; its status follows orders.transitions."""

    class Source(models.TextChoices):
        API = "api"
        IMPORT = "import"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,  # every order of a busy client would lock its one row
        db_index=False,  # orders_client_newest serves
        help_text="The API client that placed it.",
    )
    customer_id = models.CharField(max_length=64)
    reference = models.CharField(max_length=64, blank=True, help_text="The client's own name for the order.")
    source = models.CharField(max_length=6, choices=Source, default=Source.API)
    status = models.CharField(max_length=16, choices=Status, default=Status.PLACED)
    currency = models.CharField(max_length=3, help_text="ISO 4217 code.")
    net = models.DecimalField(max_digits=28, decimal_places=4)
    tax = models.DecimalField(max_digits=28, decimal_places=4)
    total = models.DecimalField(max_digits=28, decimal_places=4)
    taxes = models.JSONField(help_text="Tax per category and rate: rate, net, tax, category, reason_code, reason.")
    allow_backorder = models.BooleanField(default=False)
    placed_at = models.DateTimeField()
    bill_to = models.JSONField(null=True, blank=True, help_text="common.parties.Party: who is billed.")
    ship_to = models.JSONField(
        null=True, blank=True, help_text="common.parties.Party: where the goods go, if not there."
    )
    invoice_number = models.CharField(max_length=40, blank=True)
    shortages = models.JSONField(
        null=True,
        blank=True,
        help_text="If it has waited for stock, what was short: sku, asked, available.",
    )
    rejection = models.JSONField(null=True, blank=True, help_text="Why it was rejected: reason, shortages.")
    cancelled_at = models.DateTimeField(null=True, blank=True, help_text="When what was open of it was cancelled.")
    cancelled_from = models.CharField(
        max_length=16, blank=True, choices=Status, db_default="", help_text="The status in which it was cancelled."
    )
    cancellation_reason = models.CharField(max_length=200, blank=True, db_default="")
    credit_notes = models.JSONField(
        default=list, blank=True, db_default=[], help_text="Numbers of the credit notes to its invoice, oldest first."
    )
    digest = models.CharField(
        max_length=32,
        blank=True,
        db_default="",
        editable=False,
        help_text="orders.intake.digest of it as accepted; not known before migration 0002.",
    )

    correlation_id = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The id of the request that placed it; not known before migration 0009.",
    )
    traceparent = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at", "-id"]
        permissions = [
            ("set_price", "Can set the price of an order's lines"),
            ("cancel_order", "Can cancel the orders of others"),
            ("fulfil_order", "Can send the goods of an order"),
        ]
        indexes = [
            models.Index(fields=["client", "-placed_at", "-id"], name="orders_client_newest"),
            models.Index(fields=["customer_id", "-placed_at", "-id"], name="orders_customer_newest"),
            models.Index(fields=["status", "-placed_at", "-id"], name="orders_status_newest"),
            models.Index(fields=["-placed_at", "-id"], name="orders_newest"),
            models.Index(fields=["reference"], name="orders_reference", condition=~models.Q(reference="")),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="order_status_known"),
            models.CheckConstraint(condition=models.Q(net__gte=0, tax__gte=0), name="order_amounts_not_negative"),
            models.CheckConstraint(
                condition=models.Q(total=models.F("net") + models.F("tax")), name="order_total_is_net_plus_tax"
            ),
            models.CheckConstraint(
                condition=models.Q(status=Status.REJECTED, rejection__isnull=False)
                | (~models.Q(status=Status.REJECTED) & models.Q(rejection__isnull=True)),
                name="order_rejection_says_why",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    ~models.Q(status=Status.CANCELLED), cancelled_at=None, cancelled_from="", cancellation_reason=""
                )
                | models.Q(
                    ~models.Q(cancellation_reason=""),
                    status=Status.CANCELLED,
                    cancelled_at__isnull=False,
                    cancelled_from__in=[Status.PLACED, Status.BACKORDERED, Status.CONFIRMED],
                )
                | models.Q(
                    ~models.Q(cancellation_reason=""),
                    status=Status.FULFILLED,
                    cancelled_at__isnull=False,
                    cancelled_from=Status.PARTLY_FULFILLED,
                ),
                name="order_cancellation_says_why",
            ),
            models.UniqueConstraint(
                fields=["reference"], condition=models.Q(source="import"), name="order_imported_once_per_reference"
            ),
        ]

    def __str__(self) -> str:
        return self.known_as

    @property
    def known_as(self) -> str:
        """The reference that people know; without one, the end of the id."""
        return self.reference or f"…{str(self.pk)[-12:]}"

    def move_to(self, status: Status) -> None:
        """Change the status in memory.

        Raises:
            IllegalTransition: the transition table has no such step.
        """
        check(Status(self.status), status)
        self.status = status

    @property
    def cancellation(self) -> dict[str, Any] | None:
        """Why and when what was open of it was cancelled; None if it was not."""
        return {"reason": self.cancellation_reason, "at": self.cancelled_at} if self.cancelled_at else None


class OrderLine(models.Model):
    """A line as it was sent, with the name, price and tax rate of that moment."""

    pk = models.CompositePrimaryKey("order_id", "line_no")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    line_no = models.PositiveIntegerField(help_text="From 1, in the order in which they were sent.")
    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=18, decimal_places=6)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=4)
    net = models.DecimalField(max_digits=28, decimal_places=4)
    unit_code = models.CharField(max_length=3, default="C62", db_default="C62", help_text="UN/ECE Rec 20.")
    tax_category = models.CharField(
        max_length=2, blank=True, default="", db_default="", help_text="UNCL 5305; not known before migration 0007."
    )
    fulfilled_quantity = models.IntegerField(default=0, db_default=0, help_text="Units that were sent.")
    cancelled_quantity = models.IntegerField(default=0, db_default=0, help_text="Units that will not be sent.")

    class Meta:
        ordering = ["line_no"]
        indexes = [models.Index(fields=["sku", "-order"], name="order_line_sku_newest")]
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="order_line_quantity_positive"),
            models.CheckConstraint(condition=models.Q(unit_price__gte=0), name="order_line_price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(tax_category__in=["", TaxCategory.STANDARD]) & models.Q(tax_rate__gt=0)
                | models.Q(tax_category__in=["", *_UNTAXED]) & models.Q(tax_rate=0),
                name="order_line_tax_category_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    fulfilled_quantity__gte=0,
                    cancelled_quantity__gte=0,
                    quantity__gte=models.F("fulfilled_quantity") + models.F("cancelled_quantity"),
                ),
                name="order_line_open_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_no}: {self.quantity} × {self.sku}"


class Shipment(models.Model):
    """Goods of an order that left together. It never changes: a trigger keeps it, and its lines, from that."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    tracking = models.CharField(max_length=200, blank=True, help_text="By what the carrier knows it.")
    shipped_at = models.DateTimeField(db_default=Now())
    completes_order = models.BooleanField(help_text="Nothing of the order was open after it.")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["tracking"], name="shipment_tracking", condition=~models.Q(tracking=""))]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return shipment_number(self.pk)


class ShipmentLine(models.Model):
    """How much of a line of its order a shipment took."""

    pk = models.CompositePrimaryKey("shipment_id", "line_no")
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="lines", db_index=False)
    line_no = models.PositiveIntegerField(help_text="The number of the order's line.")
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["line_no"]
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="shipment_line_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.shipment}, line {self.line_no}: {self.quantity}"


class TimelineEntry(models.Model):
    """What happened to an order after it was placed, and by what; that it was placed, its own row tells."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="timeline")
    at = models.DateTimeField(db_default=Now())
    event = models.CharField(max_length=100)
    detail = models.JSONField(default=dict)
    cause_kind = models.CharField(
        max_length=7, blank=True, choices=Cause.Kind, db_default="", help_text="Not known before migration 0003."
    )
    cause_id = models.CharField(max_length=150, blank=True, db_default="", help_text="See orders.causes.")

    class Meta:
        ordering = ["id"]
        verbose_name = "timeline entry"
        verbose_name_plural = "timeline entries"

    def __str__(self) -> str:
        return f"{self.event} {self.at}"

    @property
    def cause(self) -> Cause:
        return Cause(self.cause_kind, self.cause_id)
