"""What tests of publishing share: recording, other connections, and producers that fail."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, transaction

from messaging.outbox import recording
from messaging.outbox.publisher import Publisher
from messaging.transport.base import DeliveryFailure, Message
from messaging.transport.memory import MemoryBroker, MemoryProducer


class PickyProducer(MemoryProducer):
    """A producer that fails messages whose bodies contain one of `failing`."""

    def __init__(self, broker: MemoryBroker, failing: dict[bytes, DeliveryFailure]) -> None:
        super().__init__(broker)
        self.failing = failing

    def _send(self, message: Message) -> DeliveryFailure | None:
        for mark, failure in self.failing.items():
            if mark in message.value:
                return failure
        return super()._send(message)


def record(*events) -> None:
    with transaction.atomic():
        recording.record(*events)


@contextmanager
def running(make_producer, **how) -> Iterator[Publisher]:
    """A publisher in a thread of its own, which is stopped after the block. `how`: its other arguments."""
    worker = Publisher(make_producer, **how)

    def run() -> None:
        try:
            worker.run()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(20)
        assert not thread.is_alive()


@contextmanager
def on_another_connection() -> Iterator[None]:
    """Call a function in a thread, which has a connection of its own."""
    try:
        yield
    finally:
        connections.close_all()
