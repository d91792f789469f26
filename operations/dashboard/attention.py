"""What needs a person, in words, the worst first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, F, Value
from django.db.models.functions import StrIndex, Substr
from django.urls import reverse
from django.utils import timezone

from messaging.exceptions import TransportUnavailable
from messaging.models import DeadLetter, OutboxMessage
from messaging.outbox.waiting import MOST_COUNTED, WaitingEvents, waiting_events
from messaging.transport.kafka.lag import Lag
from orders.models import Order
from orders.transitions import Status

TOO_LONG = timedelta(seconds=30)  # for an event or an order on its way, which takes milliseconds
_CAUSES_SHOWN = 20
_ORDERS_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that a person has to look at: what is wrong, what to do about it, and where it is seen."""

    what: str
    advice: str
    url: str = ""
    severity: str = "danger"  # or warning: it may pass by itself


def concerns(lags: Sequence[Lag] | TransportUnavailable) -> list[Concern]:
    """Everything that is not well; `lags`, or why they are not known."""
    found = [*_kafka(lags), *_dead_letters(), *_parked(), *_outbox(waiting_events()), *_undecided()]
    return sorted(found, key=lambda concern: concern.severity != "danger")


def _kafka(lags: Sequence[Lag] | TransportUnavailable) -> Iterator[Concern]:
    if isinstance(lags, TransportUnavailable):
        yield Concern(str(lags), "Orders are still accepted, and their events wait. See that Kafka runs.")
        return
    for consumer in dict.fromkeys(lag.consumer for lag in lags if not lag.members):
        yield Concern(f"Nobody runs the consumer {consumer}.", f"Start it: manage.py consume_orders {consumer}")
    for lag in lags:
        if lag.members and lag.seconds > TOO_LONG.total_seconds():
            yield Concern(
                f"{lag.consumer} is {lag.seconds:.0f} s behind in {lag.topic}: {lag.events} events.",
                "It catches up by itself if this number falls; if it grows, start more of these consumers.",
                severity="warning",
            )


def _dead_letters() -> Iterator[Concern]:
    """By consumer and by the kind of error, which is the error's text up to its first colon."""
    cause = Substr("error", 1, StrIndex(F("error"), Value(":")) - 1)
    letters = DeadLetter.objects.filter(state=DeadLetter.State.FAILED).annotate(cause=cause).order_by()
    causes = letters.values("consumer", "cause").annotate(count=Count("pk")).order_by("-count", "consumer", "cause")
    for each in causes[:_CAUSES_SHOWN]:
        yield Concern(
            f"{each['count']} × {each['consumer']} could not handle a message: {each['cause']}.",
            "Orders wait behind it. Mend the cause, then replay; or discard it with a reason.",
            reverse("admin:messaging_deadletter_changelist", query={"consumer": each["consumer"]}),
        )


def _parked() -> Iterator[Concern]:
    if count := OutboxMessage.objects.filter(parked_at__isnull=False).count():
        yield Concern(
            f"{count} events can't be published.",
            "Kafka refuses them for good; each says why.",
            reverse("admin:messaging_outboxmessage_changelist"),
        )


def _outbox(waiting: WaitingEvents) -> Iterator[Concern]:
    if waiting.oldest_seconds > TOO_LONG.total_seconds():
        more = "more than " if waiting.count == MOST_COUNTED else ""
        yield Concern(
            f"{more}{waiting.count} events wait to be published, the oldest for {waiting.oldest_seconds} s.",
            "See that Kafka runs, and the relay: manage.py relay_outbox",
            reverse("admin:messaging_outboxmessage_changelist"),
        )


def _undecided() -> Iterator[Concern]:
    late = Order.objects.filter(status=Status.PLACED, placed_at__lt=timezone.now() - TOO_LONG)
    if count := late.order_by()[:_ORDERS_COUNTED].count():
        more = "at least " if count == _ORDERS_COUNTED else ""
        yield Concern(
            f"{more}{count} orders have waited for a decision of the stock for more than {TOO_LONG.seconds} s.",
            "Whatever else stands here holds them up; the order's page says what waits.",
            reverse("admin:orders_order_changelist", query={"status__exact": Status.PLACED}),
            severity="warning",
        )


def in_one_line(found: Sequence[Concern]) -> str:
    """For the admin's first page."""
    if not found:
        return "All is well: nothing needs a person."
    first, *others = found
    return first.what if not others else f"{first.what} And {len(others)} more."
