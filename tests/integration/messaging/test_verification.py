"""Events are compared with the records of whoever publishes them, in the cases that no app of today brings about."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest

from messaging.consuming.batches import BatchHandler, Consumer
from messaging.events import Event, new_id
from messaging.models import DeadLetter
from messaging.transport.base import Message, Record
from tests.toy_events import Happened, Recorder, Sent, Undone, as_message, consumer, happened


class Register:
    """The records of a publisher, which may change after it has published."""

    def __init__(self) -> None:
        self.events: dict[Any, Any] = {}
        self.calls = 0

    def __call__(self, record_ids: Collection[Any]) -> Mapping[Any, Any]:
        self.calls += 1
        return {record_id: self.events[record_id] for record_id in record_ids if record_id in self.events}

    def add(self, event: Event) -> Message:
        self.events[event.record_id] = event
        return as_message(event)


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
def handler() -> Recorder:
    return Recorder()


@pytest.fixture
def handle(db, register, handler) -> Callable[..., None]:
    """A function that handles messages as one batch."""
    reader: Consumer = replace(consumer(handler), records_of={Happened.TYPE: register, Sent.TYPE: register})

    def run(*messages: Message) -> None:
        BatchHandler(reader).handle(
            [Record(m.topic, 0, offset, m.key, m.value, m.headers) for offset, m in enumerate(messages)]
        )

    return run


def test_all_events_of_a_type_are_looked_up_at_once(handle, register, handler):
    handle(*(register.add(happened(number)) for number in range(5)))

    assert handler.numbers == list(range(5))
    assert register.calls == 1


def test_an_event_of_a_type_without_records_is_believed(handle, handler):
    handle(as_message(Undone(order_id=happened().order_id, number=7)))

    assert handler.numbers == [7]


def test_a_true_event_that_comes_again_when_its_records_have_gone_on_is_a_duplicate_and_no_lie(
    handle, register, handler
):
    message = register.add(happened(1))
    handle(message)
    register.events.clear()

    handle(message)

    assert handler.numbers == [1]
    assert not DeadLetter.objects.exists()


def test_what_came_before_a_lie_in_a_batch_is_handled_and_what_comes_after_it_waits(handle, register, handler):
    true = happened(1)
    messages = [register.add(true), as_message(happened(2, true.order_id)), as_message(true)]

    handle(*messages, register.add(happened(3)))

    assert handler.numbers == [1, 3]
    assert list(DeadLetter.objects.order_by("offset").values_list("offset", "state")) == [(1, "failed"), (2, "waiting")]


def test_a_lie_under_the_id_of_a_true_event_of_the_same_batch_does_not_take_its_place(handle, register, handler):
    true = happened(1)
    message = register.add(true)

    handle(message, replace(as_message(happened(2, true.order_id)), headers=message.headers))

    assert handler.numbers == [1]


def test_a_lie_is_no_failure_of_the_handler_and_tried_once(handle, register, handler):
    register.add(true := happened(1))

    handle(as_message(happened(2, true.order_id)))

    letter = DeadLetter.objects.get()
    assert handler.calls == 0
    assert (letter.attempts, letter.error) == (
        1,
        "UnrecordedEvent: happened.v1: its publisher has recorded another number",
    )


class TestSeveralEventsOfOneTypeForOneOrder:
    def test_each_is_compared_with_the_record_that_it_is_about(self, handle, register, handler):
        order_id = new_id()

        handle(*(register.add(Sent(order_id=order_id, shipment=f"S-{number}", number=number)) for number in range(3)))

        assert handler.numbers == [0, 1, 2]
        assert register.calls == 1

    def test_one_that_says_what_is_true_of_another_is_a_lie(self, handle, register, handler):
        order_id = new_id()
        register.add(Sent(order_id=order_id, shipment="S-1", number=1))
        register.add(Sent(order_id=order_id, shipment="S-2", number=2))

        handle(as_message(Sent(order_id=order_id, shipment="S-1", number=2)))

        assert handler.numbers == []
        assert DeadLetter.objects.get().error.endswith("has recorded another number")

    def test_one_that_was_never_recorded_is_a_lie(self, handle, register):
        register.add(sent := Sent(order_id=new_id(), shipment="S-1"))

        handle(as_message(Sent(order_id=sent.order_id, shipment="S-2")))

        assert DeadLetter.objects.get().error.endswith("knows of no such event of this order")

    def test_one_under_another_order_is_a_lie(self, handle, register):
        register.add(sent := Sent(order_id=new_id(), shipment="S-1"))

        handle(as_message(Sent(order_id=new_id(), shipment=sent.shipment)))

        assert DeadLetter.objects.get().error.endswith("has recorded another order_id")
