"""What waits in the database, counted: for the operations page, Prometheus and the doctor, so that all say the same."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from messaging.models import DeadLetter, OutboxMessage, Replay
from orders.models import Order
from orders.transitions import Status

# For an event or an order on its way, which takes milliseconds. The operations page and the doctor name it from then
# on; an alert waits some minutes more, whether it goes away by itself.
TOO_LONG = timedelta(seconds=30)
MOST_ORDERS = 1000  # that are counted
CAUSES_SHOWN = 20  # of dead letters, the most frequent ones


def waiting_messages() -> dict[str, int]:
    """How many messages wait behind failed ones of their order, by consumer."""
    letters = DeadLetter.objects.filter(state=DeadLetter.State.WAITING).order_by()
    return dict(letters.values("consumer").annotate(count=Count("pk")).values_list("consumer", "count"))


def parked_events() -> int:
    """How many events Kafka has refused for good."""
    return OutboxMessage.objects.filter(parked_at__isnull=False).count()


def first_parked_reason() -> str:
    """Why Kafka refused the event that it refused first of those that are parked; "" if there is none."""
    parked = OutboxMessage.objects.filter(parked_at__isnull=False).order_by("pk")
    return parked.values_list("parked_reason", flat=True).first() or ""


def events_held_by_nothing() -> int:
    """How many events wait behind dead letters that are settled, and that nobody is about to replay.

    A replay was broken off, or the database went away in the middle of one.
    """
    before = DeadLetter.objects.filter(consumer=OuterRef("consumer"), key=OuterRef("key"), pk__lt=OuterRef("pk"))
    held = Exists(before.filter(state__in=DeadLetter.UNRESOLVED))
    waiting = DeadLetter.objects.filter(~held, state=DeadLetter.State.WAITING).order_by()
    running = Replay.objects.filter(state=Replay.State.RUNNING).values("consumer")
    return waiting.exclude(consumer__in=running).count()


def undecided_orders() -> int:
    """How many orders have waited for a decision of the stock for longer than TOO_LONG, at most MOST_ORDERS."""
    return _undecided().order_by()[:MOST_ORDERS].count()


def oldest_undecided_order() -> UUID | None:
    """The id of the order that has waited for longest, if that is longer than TOO_LONG."""
    return _undecided().order_by("placed_at", "pk").values_list("pk", flat=True).first()


def _undecided() -> QuerySet[Order]:
    return Order.objects.filter(status=Status.PLACED, placed_at__lt=timezone.now() - TOO_LONG)
