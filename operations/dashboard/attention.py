"""What needs a person, in words, the worst first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

from common.text import number_of
from messaging.dead_letters.progress import ReplayProgress
from messaging.dead_letters.selection import causes
from messaging.exceptions import TransportUnavailable
from messaging.models import DeadLetter, Replay
from messaging.outbox.backlog import MOST_COUNTED, WaitingEvents, waiting_events
from messaging.transport.kafka.lag import ConsumerLag
from operations.monitoring.counts import (
    CAUSES_SHOWN,
    MOST_ORDERS,
    TOO_LONG,
    events_held_by_nothing,
    first_parked_reason,
    parked_events,
    undecided_orders,
)
from orders.transitions import Status


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that a person has to look at: what is wrong, what to do about it, and where it is seen."""

    what: str
    advice: str
    url: str = ""
    severity: str = "danger"  # or warning: it may pass by itself


def concerns(lags: Sequence[ConsumerLag] | TransportUnavailable) -> list[Concern]:
    """Everything that is not well; `lags`, or why they are not known."""
    found = [*_kafka(lags), *_dead_letters(), *_replays(), *_parked(), *_outbox(waiting_events()), *_undecided()]
    return sorted(found, key=lambda concern: concern.severity != "danger")


def _kafka(lags: Sequence[ConsumerLag] | TransportUnavailable) -> Iterator[Concern]:
    if isinstance(lags, TransportUnavailable):
        yield Concern(str(lags), "Orders are still accepted, and their events wait. See that Kafka runs.")
        return
    for consumer in dict.fromkeys(lag.consumer for lag in lags if not lag.members):
        yield Concern(f"Nobody runs the consumer {consumer}.", f"Start it: manage.py consume_orders {consumer}")
    for lag in lags:
        if lag.members and lag.seconds > TOO_LONG.total_seconds():
            yield Concern(
                f"{lag.consumer} is {lag.seconds:.0f} s behind in {lag.topic}: "
                f"{number_of(lag.records, 'event', 'events')}.",
                "It catches up by itself if this number falls; if it grows, start more of these consumers.",
                severity="warning",
            )


def _dead_letters() -> Iterator[Concern]:
    """The open dead letters, by consumer and by cause; and what nothing holds any more."""
    for each in causes(limit=CAUSES_SHOWN):
        yield Concern(
            f"{each.count} × {each.consumer} could not handle a message: {each.name}.",
            "Orders wait behind it. Mend the cause, then replay; or discard it with a reason.",
            _list_of_letters(consumer=each.consumer, cause=each.name),
        )
    if count := events_held_by_nothing():
        yield Concern(
            f"{number_of(count, 'event waits', 'events wait')} behind dead letters that are settled.",
            "Replay what waits: nothing is in its way.",
            _list_of_letters(state=DeadLetter.State.WAITING),
        )


def _replays() -> Iterator[Concern]:
    for replay in Replay.objects.filter(state=Replay.State.WAITING).order_by("pk"):
        yield Concern(
            f"Replay {replay.pk} ({replay.chosen}) waits after a step: {ReplayProgress.of([replay])}.",
            "See that these orders are as they should be, then let it go on, or stop it.",
            reverse("admin:messaging_replay_change", args=[replay.pk]),
            severity="warning",
        )


def _list_of_letters(**filters: str) -> str:
    return reverse("admin:messaging_deadletter_changelist", query=filters)


def _parked() -> Iterator[Concern]:
    if count := parked_events():
        yield Concern(
            f"{number_of(count, 'event', 'events')} can't be published.",
            f"Kafka has refused that for good; of the first: {first_parked_reason()}",
            reverse("admin:messaging_outboxmessage_changelist"),
        )


def _outbox(waiting: WaitingEvents) -> Iterator[Concern]:
    if waiting.oldest_seconds > TOO_LONG.total_seconds():
        more = "more than " if waiting.count == MOST_COUNTED else ""
        yield Concern(
            f"{more}{number_of(waiting.count, 'event waits', 'events wait')} to be published, the oldest for "
            f"{waiting.oldest_seconds} s.",
            "See that Kafka runs, and the relay: manage.py relay_outbox",
            reverse("admin:messaging_outboxmessage_changelist"),
        )


def _undecided() -> Iterator[Concern]:
    if count := undecided_orders():
        more = "at least " if count == MOST_ORDERS else ""
        yield Concern(
            f"{more}{number_of(count, 'order has', 'orders have')} waited for a decision of the stock for more than "
            f"{TOO_LONG.seconds} s.",
            "Whatever else stands here holds them up; the order's page says what waits.",
            reverse("admin:orders_order_changelist", query={"status__exact": Status.PLACED}),
            severity="warning",
        )


def in_one_line(found: Sequence[Concern]) -> str:
    """The concerns in one line, for the admin's first page."""
    if not found:
        return "All is well: nothing needs a person."
    first, *others = found
    return first.what if not others else f"{first.what} And {len(others)} more."
