"""What waits in the database, counted: for the operations page and for Prometheus, so that both say the same."""

from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from messaging.models import DeadLetter, OutboxMessage
from orders.models import Order
from orders.transitions import Status

TOO_LONG = timedelta(seconds=30)  # for an event or an order on its way, which takes milliseconds
MOST_ORDERS = 1000  # that are counted
CAUSES_SHOWN = 20  # of dead letters, the most frequent ones


def waiting_messages() -> dict[str, int]:
    """How many messages wait behind failed ones of their order, by consumer."""
    letters = DeadLetter.objects.filter(state=DeadLetter.State.WAITING).order_by()
    return dict(letters.values("consumer").annotate(count=Count("pk")).values_list("consumer", "count"))


def parked_events() -> int:
    """How many events Kafka has refused for good."""
    return OutboxMessage.objects.filter(parked_at__isnull=False).count()


def undecided_orders() -> int:
    """How many orders have waited for a decision of the stock for longer than TOO_LONG, at most MOST_ORDERS."""
    late = Order.objects.filter(status=Status.PLACED, placed_at__lt=timezone.now() - TOO_LONG)
    return late.order_by()[:MOST_ORDERS].count()
