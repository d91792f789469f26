"""Stock levels, the append-only ledger of their changes, and what was decided on each order."""

from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from inventory.allocation import Level

MAX_ON_HAND = 10**15  # units: so far below what a column holds that no sum of them overflows


class StockItems(models.QuerySet["StockItem"]):
    def lock(self, skus: Iterable[str]) -> dict[str, Level]:
        """The levels of those skus that exist, locked until the transaction ends, in the house's one order: by sku.

        Who also inserts stock items does so before, so that nobody waits for an insert with a row locked.
        """
        rows = self.filter(sku__in=list(skus)).order_by("sku").select_for_update()
        return {sku: Level(*units) for sku, *units in rows.values_list("sku", "on_hand", "reserved", "reorder_point")}


class StockItem(models.Model):
    """How much of a sku there is. Changed only together with a movement; rows are locked in sku order."""

    sku = models.CharField(primary_key=True, max_length=64)
    on_hand = models.PositiveBigIntegerField(default=0, help_text="Units in the warehouse.")
    reserved = models.PositiveBigIntegerField(default=0, help_text="Units of these that are promised to orders.")
    reorder_point = models.PositiveBigIntegerField(
        db_column="low_at",  # its name of before: processes of the former version run beside a newer schema
        default=0,
        help_text="An order that brings available down to this is announced as stock.low; 0: when nothing is left.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = StockItems.as_manager()

    class Meta:
        verbose_name = "stock item"
        ordering = ["sku"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")), name="stock_reserved_0_to_on_hand"
            ),
            models.CheckConstraint(condition=Q(on_hand__lte=MAX_ON_HAND), name="stock_on_hand_countable"),
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
            models.Index(fields=["sku", "-id"], name="stock_movement_sku_newest"),
            models.Index(fields=["order_id"], name="stock_movement_order", condition=Q(order_id__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="receipt", on_hand_change__gt=0, reserved_change=0, order_id=None)
                | (Q(kind="adjustment", reserved_change=0, order_id=None) & ~Q(on_hand_change=0))
                | Q(kind="reservation", on_hand_change=0, reserved_change__gt=0, order_id__isnull=False),
                name="stock_movement_moves_what_its_kind_says",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sku}"


class ReservationDecision(models.Model):
    """The inventory's decision on an order, once: all of it reserved, or rejected with what was short."""

    class Outcome(models.TextChoices):
        RESERVED = "reserved"
        REJECTED = "rejected"

    order_id = models.UUIDField(primary_key=True)
    outcome = models.CharField(max_length=8, choices=Outcome)
    shortages = models.JSONField(default=list, blank=True, help_text="Where rejected: sku, asked, available.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = (
            "inventory_stockanswer"  # its name of before: processes of the former version run beside a newer schema
        )
        verbose_name = "reservation decision"
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="reserved", shortages=[]) | (Q(outcome="rejected") & ~Q(shortages=[])),
                name="stock_answer_rejected_if_short",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.outcome}"


class Reservation(models.Model):
    """Units of a sku held for an order; a sku that stands on several lines is one reservation."""

    pk = models.CompositePrimaryKey("decision_id", "sku")
    decision = models.ForeignKey(
        ReservationDecision,
        on_delete=models.PROTECT,
        related_name="reservations",
        db_column="answer_id",
        db_index=False,
    )
    sku = models.CharField(max_length=64)
    quantity = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["sku"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gte=1), name="reservation_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"
