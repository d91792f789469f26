"""Stock levels, the append-only ledger of their changes, and what was decided on each order."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Collate, Now, Upper

from inventory import statements
from inventory.allocation import Level
from inventory.valuation import UnitCost, stock_value, unit_cost

MAX_ON_HAND = 10**15  # units: so far below what a column holds that no sum of them overflows


class StockItems(models.Manager["StockItem"]):
    def lock(self, skus: Iterable[str]) -> dict[str, Level]:
        """The levels of those skus that exist, locked until the transaction ends, in the house's one order: by sku.

        Who also inserts stock items does so before, so that nobody waits for an insert with a row locked.
        """
        return statements.lock_levels(skus)


class StockItem(models.Model):
    """How much of a sku there is, and what it cost. Levels change only together with a movement; rows are locked in
    sku order."""

    sku = models.CharField(primary_key=True, max_length=64)
    on_hand = models.PositiveBigIntegerField(default=0, help_text="Units in the warehouse.")
    reserved = models.PositiveBigIntegerField(default=0, help_text="Units of these that are promised to orders.")
    reorder_point = models.PositiveBigIntegerField(
        db_column="low_at",  # its name of before: processes of the former version run beside a newer schema
        default=0,
        help_text="What brings available down to this is announced as stock.low; 0: when nothing is left.",
    )
    backordered = models.PositiveBigIntegerField(default=0, db_default=0, help_text="Units that orders wait for.")
    average_cost = models.DecimalField(
        max_digits=22, decimal_places=10, null=True, blank=True, help_text="Of a unit, by inventory.valuation."
    )
    cost_currency = models.CharField(max_length=3, blank=True, db_default="", default="")
    updated_at = models.DateTimeField(auto_now=True)
    changed_in = models.BigIntegerField(default=0, db_default=0, editable=False, help_text="See common.changed_rows.")

    objects = StockItems()

    class Meta:
        verbose_name = "stock item"
        ordering = ["sku"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")), name="stock_reserved_0_to_on_hand"
            ),
            models.CheckConstraint(condition=Q(on_hand__lte=MAX_ON_HAND), name="stock_on_hand_countable"),
            models.CheckConstraint(
                condition=Q(average_cost=None, cost_currency="") | (Q(average_cost__gte=0) & ~Q(cost_currency="")),
                name="stock_cost_has_a_currency",
            ),
            models.CheckConstraint(condition=Q(backordered__gte=0), name="stock_backordered_not_negative"),
        ]
        indexes = [models.Index(fields=["sku"], name="stock_item_awaited", condition=Q(backordered__gt=0))]

    def __str__(self) -> str:
        return self.sku

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved

    @property
    def average(self) -> UnitCost | None:
        return unit_cost(self.average_cost, self.cost_currency)

    @property
    def value(self) -> Decimal | None:
        """What the units on hand cost, in `cost_currency`; None where nobody named a cost."""
        return stock_value(on_hand=self.on_hand, average=self.average)


class Kind(models.TextChoices):
    """Why levels change."""

    RECEIPT = "receipt", "receipt"  # goods came in
    ADJUSTMENT = "adjustment", "adjustment"  # what is there is not what was booked
    RESERVATION = "reservation", "reservation"  # promised to an order, which may have waited for it
    BACKORDER = "backorder", "backorder"  # an order waits for it, or below 0: no longer
    RELEASE = "release", "release"  # promised to an order that was cancelled
    ISSUE = "issue", "issue"  # sent to a customer
    RETURN = "return", "return"  # back from a customer


class Reason(models.TextChoices):
    """Why a level is adjusted."""

    DAMAGED = "damaged", "damaged"
    EXPIRED = "expired", "expired"
    LOST = "lost", "lost"
    FOUND = "found", "found"
    STOCK_TAKE = "stock_take", "stock-take"  # counted, whether that changes the level or not
    CORRECTION = "correction", "correction"  # of a wrong booking, or without a better reason
    OTHER = "other", "other"  # as the note says


# What a movement of each kind moves; one that is not here is refused. `reason` and `counted` are below.
MOVES: Mapping[str, Q] = {
    Kind.RECEIPT: Q(on_hand_change__gt=0, reserved_change=0, order_id=None),
    Kind.ADJUSTMENT: Q(reserved_change=0, order_id=None) & (~Q(on_hand_change=0) | Q(counted__isnull=False)),
    Kind.RESERVATION: Q(on_hand_change=0, reserved_change__gt=0, order_id__isnull=False),
    Kind.BACKORDER: Q(on_hand_change=0, reserved_change=0, order_id__isnull=False),
    Kind.RELEASE: Q(on_hand_change=0, reserved_change__lt=0, order_id__isnull=False),
    Kind.ISSUE: Q(on_hand_change__lt=0, reserved_change=F("on_hand_change"), order_id__isnull=False),
    Kind.RETURN: Q(on_hand_change__gt=0, reserved_change=0, order_id__isnull=False),
}
# Kinds that happen once for an order and a sku, or once for each document that `reference` names.
ONCE = (Kind.RELEASE, Kind.ISSUE, Kind.RETURN)


class StockMovement(models.Model):
    """A change of a level, never changed itself: the sums of a sku's movements are its levels."""

    Kind = Kind
    Reason = Reason

    id = models.BigAutoField(primary_key=True)
    sku = models.CharField(max_length=64)
    kind = models.CharField(max_length=11, choices=Kind)
    on_hand_change = models.BigIntegerField(default=0)
    reserved_change = models.BigIntegerField(default=0)
    backordered_change = models.BigIntegerField(default=0, db_default=0)
    reason = models.CharField(
        max_length=12, choices=Reason, blank=True, db_default="", default="", help_text="Of an adjustment."
    )
    counted = models.BigIntegerField(null=True, blank=True, help_text="Units that a stock-take found.")
    unit_cost = models.DecimalField(
        max_digits=18, decimal_places=6, null=True, blank=True, help_text="Of a receipt, if it names one."
    )
    average_cost = models.DecimalField(
        max_digits=22, decimal_places=10, null=True, blank=True, help_text="Of a unit, after a receipt with a cost."
    )
    cost_currency = models.CharField(max_length=3, blank=True, db_default="", default="")
    document = models.CharField(
        max_length=64, blank=True, db_default="", default="", help_text="A delivery note, say; names a sku once."
    )
    order_id = models.UUIDField(null=True, blank=True)
    reference = models.CharField(
        max_length=40, blank=True, db_default="", default="", help_text="The shipment or the credit note of the order."
    )
    note = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=150, blank=True, help_text="The user name of who booked it by hand.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "stock movement"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["sku", "-id"], name="stock_movement_sku_newest"),
            models.Index(fields=["order_id"], name="stock_movement_order", condition=Q(order_id__isnull=False)),
            # Of the frequent kinds a list finds the newest without one, and each order would pay for it.
            models.Index(
                fields=["kind", "-id"],
                name="stock_movement_kind_newest",
                condition=~Q(kind__in=[Kind.RESERVATION, Kind.ISSUE]),
            ),
            models.Index(
                Upper(Collate("document", "C")),
                "sku",
                name="stock_movement_document_upper",
                condition=~Q(document=""),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=reduce(or_, (Q(kind=kind) & moves for kind, moves in MOVES.items())),
                name="stock_movement_moves_what_its_kind_says",
            ),
            models.CheckConstraint(
                # None: those of before there were reasons, and of processes of that time in a rolling update.
                condition=Q(reason="") | Q(kind=Kind.ADJUSTMENT, reason__in=Reason.values),
                name="stock_movement_reason_of_an_adjustment",
            ),
            models.CheckConstraint(
                condition=Q(counted=None) | Q(reason=Reason.STOCK_TAKE, counted__gte=0),
                name="stock_movement_counted_by_a_stock_take",
            ),
            models.CheckConstraint(
                condition=Q(unit_cost=None, average_cost=None, cost_currency="")
                | (Q(kind=Kind.RECEIPT, unit_cost__gte=0, average_cost__gte=0) & ~Q(cost_currency="")),
                name="stock_movement_cost_of_a_receipt",
            ),
            models.CheckConstraint(
                condition=Q(~Q(reference=""), kind__in=[Kind.ISSUE, Kind.RETURN])
                | Q(~Q(kind__in=[Kind.ISSUE, Kind.RETURN]), reference=""),
                name="stock_movement_refers_to_its_document",
            ),
            models.UniqueConstraint(
                fields=["order_id", "sku", "kind", "reference"],
                condition=Q(kind__in=ONCE),
                name="stock_movement_once_for_an_order",
            ),
            models.UniqueConstraint(
                fields=["document", "sku"], condition=~Q(document=""), name="stock_movement_document_names_sku_once"
            ),
            models.CheckConstraint(
                condition=(Q(kind=Kind.BACKORDER) & ~Q(backordered_change=0))
                | Q(kind=Kind.RESERVATION, backordered_change=0)
                | Q(kind=Kind.RESERVATION, backordered_change=-F("reserved_change"))
                | (~Q(kind__in=[Kind.BACKORDER, Kind.RESERVATION]) & Q(backordered_change=0)),
                name="stock_movement_backorders_what_its_kind_says",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sku}"


class ReservationDecision(models.Model):
    """The inventory's decision on an order: all of it reserved, or rejected with what was short.

    An order that may wait is backordered until it is its turn (then it is reserved), or it has waited for too long. One
    that was cancelled before it was reserved is decided on by that.
    """

    class Outcome(models.TextChoices):
        RESERVED = "reserved"
        BACKORDERED = "backordered"
        REJECTED = "rejected"
        CANCELLED = "cancelled"

    order_id = models.UUIDField(primary_key=True)
    outcome = models.CharField(max_length=11, choices=Outcome)
    shortages = models.JSONField(
        default=list, blank=True, help_text="Where it was short: sku, asked, available, as it was decided first."
    )
    reason = models.CharField(max_length=32, blank=True, db_default="", help_text="Where rejected later: why.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = (
            "inventory_stockanswer"  # its name of before: processes of the former version run beside a newer schema
        )
        verbose_name = "reservation decision"
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["reserved", "cancelled"])  # with what was short before, if it has waited
                | (Q(outcome__in=["backordered", "rejected"]) & ~Q(shortages=[])),
                name="stock_answer_rejected_if_short",
            ),
        ]
        indexes = [
            models.Index(fields=["at"], name="stock_decision_backordered", condition=Q(outcome="backordered")),
            models.Index(
                fields=["outcome", "-order_id"],
                name="stock_decision_outcome_newest",
                condition=~Q(outcome="reserved"),
            ),
            # The audit goes through them for each range of skus.
            models.Index(fields=["order_id"], name="stock_decision_short", condition=~Q(shortages=[])),
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


class BackorderLine(models.Model):
    """Units of a sku that an order waits for. Orders wait in the order of their ids, which is that of their placing."""

    pk = models.CompositePrimaryKey("sku", "decision_id")
    sku = models.CharField(max_length=64)
    decision = models.ForeignKey(
        ReservationDecision, on_delete=models.PROTECT, related_name="backorder_lines", db_column="order_id"
    )
    quantity = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["sku"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gte=1), name="backorder_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"


class PendingReturn(models.Model):
    """What a credit note brings back while the shipment that took it is not booked: their events are on two topics."""

    reference = models.CharField(primary_key=True, max_length=40, help_text="The number of the credit note.")
    order_id = models.UUIDField()
    quantities = models.JSONField(help_text="Units by sku.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "pending return"
        ordering = ["reference"]
        indexes = [models.Index(fields=["order_id"], name="pending_return_order")]
        constraints = [models.CheckConstraint(condition=~Q(quantities={}), name="pending_return_brings_something")]

    def __str__(self) -> str:
        return self.reference
