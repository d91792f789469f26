"""Several consumers in one process, each in a thread of its own."""

import threading
from collections.abc import Sequence

import structlog

from messaging.consuming.batches import Consumer
from messaging.consuming.draining import Draining
from messaging.consuming.runtime import ConsumerRunner
from messaging.outbox.publisher import stop_background
from messaging.transport.base import SubscriptionFactory

log = structlog.get_logger(__name__)

_STOP_LIMIT = 8.0  # seconds that a batch under way may take to end


def run_consumers(
    consumers: Sequence[Consumer], subscribe: SubscriptionFactory, stopping: threading.Event, *, drain: bool = False
) -> None:
    """Run every consumer until `stopping` is set or, with `drain`, until all have caught up.

    Raises:
        Exception: the error that ended one of them; the others are stopped first.
    """
    draining = Draining(consumer.name for consumer in consumers) if drain else None
    errors: list[BaseException] = []

    def work(consumer: Consumer) -> None:
        try:
            ConsumerRunner(consumer, subscribe, stopping, draining=draining).run()
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            errors.append(error)
            stopping.set()

    threads = [
        threading.Thread(target=work, args=[consumer], name=consumer.name, daemon=True) for consumer in consumers
    ]
    for thread in threads:
        thread.start()
    log.info("consumers_started", consumers=[consumer.name for consumer in consumers])
    for thread in threads:
        _join(thread, stopping)
    stop_background()
    log.info("consumers_stopped")
    if errors:
        raise errors[0]


def _join(thread: threading.Thread, stopping: threading.Event) -> None:
    """Wait for a thread: without limit until `stopping` is set, and then `_STOP_LIMIT` seconds."""
    while thread.is_alive() and not stopping.is_set():
        thread.join(0.2)
    thread.join(_STOP_LIMIT)
