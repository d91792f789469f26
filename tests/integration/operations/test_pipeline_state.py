"""What Prometheus is told after orders went through a database."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry

from invoicing.metrics import observe_invoiced
from messaging.events import new_id
from messaging.models import DeadLetter, OutboxMessage
from operations.dashboard.attention import concerns
from operations.monitoring.collector import PipelineCollector
from orders.models import Order
from tests.factories import StockItemFactory


@pytest.fixture
def told(monkeypatch):
    """A function that says what a scrape has of a metric, by its labels."""
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own
    registry = CollectorRegistry()
    registry.register(PipelineCollector(list))
    return lambda name, **labels: registry.get_sample_value(f"orderflow_{name}", labels)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"orderflow_{name}", labels) or 0.0


def dead_letter(number: int, error: str, **values) -> None:
    values = {"consumer": "orders", "topic": "inventory", "headers": [], "body": b"", "attempts": 3} | values
    DeadLetter.objects.create(partition=0, offset=number, timestamp=0, error=error, **values)


def outbox_message(**values) -> None:
    values = {"event_id": new_id(), "type": "x", "topic": "orders", "key": "k", "body": "{}"} | values
    OutboxMessage.objects.create(**values)


@pytest.mark.django_db
def test_with_nothing_to_tell_there_are_zeros_and_no_causes(told):
    assert told("dependency_up", dependency="postgresql") == 1
    assert [told(name) for name in ("outbox_events", "outbox_oldest_age_seconds", "outbox_parked_events")] == [0, 0, 0]
    assert told("orders_undecided") == 0
    assert told("dead_letters_failed", consumer="orders", cause="KeyError") is None


@pytest.mark.django_db
def test_what_waits_in_the_outbox_is_told_without_what_is_parked(told):
    outbox_message(created_at=timezone.now() - timedelta(minutes=5))
    outbox_message()
    outbox_message(parked_at=timezone.now(), parked_reason="too large", created_at=timezone.now() - timedelta(days=1))

    assert told("outbox_events") == 2
    assert 300 <= told("outbox_oldest_age_seconds") < 360
    assert told("outbox_parked_events") == 1


@pytest.mark.django_db
def test_dead_letters_are_told_by_cause_as_long_as_they_are_open(told):
    dead_letter(1, "KeyError: 'x'")
    dead_letter(2, "KeyError: 'of another order'")
    dead_letter(3, "without a colon")
    dead_letter(4, "", state=DeadLetter.State.WAITING)
    dead_letter(5, "ValueError: 1", state=DeadLetter.State.REPLAYED, resolved_at=timezone.now())

    assert told("dead_letters_failed", consumer="orders", cause="KeyError") == 2
    assert told("dead_letters_failed", consumer="orders", cause="without a colon") == 1
    assert told("dead_letters_waiting", consumer="orders") == 1
    assert told("dead_letters_failed", consumer="orders", cause="ValueError") is None
    assert [each.what for each in concerns([])] == [
        "2 × orders could not handle a message: KeyError.",
        "1 × orders could not handle a message: without a colon.",
    ]

    DeadLetter.objects.update(state=DeadLetter.State.DISCARDED, resolved_at=timezone.now())
    assert told("dead_letters_failed", consumer="orders", cause="KeyError") is None


@pytest.mark.django_db
def test_however_many_causes_there_are_the_most_frequent_are_told(told):
    for number in range(30):
        dead_letter(number, f"Error{number}: x")
    for number in range(30, 33):
        dead_letter(number, "Frequent: x")

    causes = {
        f"Error{number}": told("dead_letters_failed", consumer="orders", cause=f"Error{number}") for number in range(30)
    }
    assert len([cause for cause, count in causes.items() if count]) == 19
    assert told("dead_letters_failed", consumer="orders", cause="Frequent") == 3


def test_what_an_order_goes_through_is_counted(place, run_system, told):
    StockItemFactory(sku="MUG", on_hand=2)
    counters = {
        "invoices": ("order_placed_to_invoiced_seconds_count", {}),
        "soon": ("order_placed_to_invoiced_seconds_bucket", {"le": "60.0"}),
        "confirmed": ("consumer_events_total", {"consumer": "invoicing", "type": "order.confirmed.v1"}),
        "records": ("consumer_batch_records_sum", {"consumer": "inventory"}),
        "batches": ("consumer_batch_duration_seconds_count", {"consumer": "inventory"}),
        "published": ("publishing_pass_events_sum", {}),
    }

    def read() -> dict[str, float]:
        return {what: counted(name, **labels) for what, (name, labels) in counters.items()}

    before = read()
    order, short = place(MUG=1), place(MUG=3)  # in whichever order they come
    assert told("orders_undecided") == 0
    Order.objects.update(placed_at=timezone.now() - timedelta(minutes=1))
    assert told("orders_undecided") == 2
    run_system()

    order.refresh_from_db()
    short.refresh_from_db()
    reason = short.rejection["reason"]
    assert (order.status, short.status) == ("confirmed", "rejected")
    gained = {what: value - before[what] for what, value in read().items()}
    assert (gained["invoices"], gained["soon"], gained["confirmed"]) == (1, 1, 1)
    assert gained["records"] >= 2
    assert gained["batches"] >= 1
    assert gained["published"] >= 6
    assert counted("orders_rejected_total", reason=reason) >= 1
    assert told("orders_undecided") == 0


@pytest.mark.django_db(transaction=True)
def test_an_invoice_that_is_rolled_back_is_not_counted():
    """A batch may be tried several times; and who placed by a clock that is ahead has not gone back in time."""

    def counts() -> list[float]:
        return [counted(f"order_placed_to_invoiced_seconds_{what}") for what in ("count", "sum")]

    before = counts()
    order_id = new_id()

    with pytest.raises(RuntimeError), transaction.atomic():
        observe_invoiced([order_id], timezone.now())
        raise RuntimeError
    assert counts() == before

    with transaction.atomic():
        observe_invoiced([order_id], timezone.now() - timedelta(hours=1))
    assert counts() == [before[0] + 1, before[1]]
