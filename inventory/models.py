"""Stock levels, the append-only ledger of their changes, and what each order was answered."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class StockItem(models.Model):
    """How much of a sku there is. Changed only together with a movement; rows are locked in sku order."""

    sku = models.CharField(primary_key=True, max_length=64)
    on_hand = models.PositiveBigIntegerField(default=0, help_text="Units in the warehouse.")
    reserved = models.PositiveBigIntegerField(default=0, help_text="Units of these that are promised to orders.")
    low_at = models.PositiveBigIntegerField(default=0, help_text="stock.low is announced when available falls to this.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "stock item"
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")), name="stock_reserved_0_to_on_hand"
            ),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class StockMovement(models.Model):
    """A change of a level, never changed itself: the sums of a sku's movements are its levels."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "receipt"  # goods came in
        ADJUSTMENT = "adjustment", "adjustment"  # a count corrected the level
        RESERVATION = "reservation", "reservation"  # promised to an order

    id = models.BigAutoField(primary_key=True)
    sku = models.CharField(max_length=64)
    kind = models.CharField(max_length=11, choices=Kind)
    on_hand_change = models.BigIntegerField(default=0)
    reserved_change = models.BigIntegerField(default=0)
    order_id = models.UUIDField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=150, blank=True, help_text="The user name of who booked it by hand.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "stock movement"
        ordering = ["-id"]
        indexes = [
            models.Index("sku", "-id", name="stock_movement_sku_newest"),
            models.Index("order_id", name="stock_movement_order", condition=Q(order_id__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(on_hand_change=0) | ~Q(reserved_change=0), name="stock_movement_moves_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sku}"


class StockAnswer(models.Model):
    """The one answer of the inventory to an order: all of it reserved, or rejected with what was short."""

    class Outcome(models.TextChoices):
        RESERVED = "reserved"
        REJECTED = "rejected"

    order_id = models.UUIDField(primary_key=True)
    outcome = models.CharField(max_length=8, choices=Outcome)
    shortages = models.JSONField(default=list, help_text="Where rejected: sku, asked, available.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "stock answer"

    def __str__(self) -> str:
        return f"{self.order_id} {self.outcome}"


class Reservation(models.Model):
    """Units of a sku held for an order; a sku that stands on several lines is one reservation."""

    class State(models.TextChoices):
        OPEN = "open"

    pk = models.CompositePrimaryKey("answer_id", "sku")
    answer = models.ForeignKey(StockAnswer, on_delete=models.PROTECT, related_name="reservations", db_index=False)
    sku = models.CharField(max_length=64)
    quantity = models.PositiveBigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity__gte=1), name="reservation_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"
