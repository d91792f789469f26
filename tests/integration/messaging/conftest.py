import threading

import pytest

from messaging.consuming.runtime import ConsumerRunner
from messaging.transport.base import Message
from messaging.transport.memory import MemoryBroker, MemorySubscription
from tests.toy_events import Recorder, consumer


class Subscriptions:
    """Subscriptions of one broker that stop the runner after a number of empty polls."""

    def __init__(self, broker: MemoryBroker, stopping: threading.Event) -> None:
        self.broker = broker
        self.stopping = stopping
        self.kept_alive = 0
        self.committed: list[int] = []
        self.on_keep_alive = lambda subscription: None

    def __call__(self, group, topics) -> MemorySubscription:
        outer = self

        class Stopping(MemorySubscription):
            def poll(self, *, timeout, max_records):
                records = super().poll(timeout=timeout, max_records=max_records)
                if not records:
                    outer.stopping.set()
                return records

            def keep_alive(self, *, timeout):
                outer.kept_alive += 1
                outer.on_keep_alive(self)

            def commit(self, records):
                outer.committed += [record.offset for record in records]
                super().commit(records)

        return Stopping(self.broker, group, topics)


@pytest.fixture
def subscriptions() -> Subscriptions:
    return Subscriptions(MemoryBroker(partitions=1), threading.Event())


@pytest.fixture
def deliver(subscriptions, transactional_db):
    """A function that puts messages on the topic and runs the consumer until it has polled them all."""

    def run(handler: Recorder, *messages: Message, name: str = "toy") -> None:
        for message in messages:
            subscriptions.broker.append(message)
        subscriptions.stopping.clear()
        ConsumerRunner(consumer(handler, name=name), subscriptions, subscriptions.stopping, jitter=lambda: 0.0).run()

    return run
