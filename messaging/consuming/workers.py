"""Several consumers in one process, each in a thread of its own."""

import threading
import time
from collections.abc import Sequence

import structlog

from messaging.consuming.batches import Consumer
from messaging.consuming.draining import Draining
from messaging.consuming.runtime import ConsumerRunner
from messaging.outbox.publisher import stop_background
from messaging.transport.base import SubscriptionFactory

log = structlog.get_logger(__name__)

_STOP_LIMIT = 6.0  # seconds that the batches under way may take to end; with the publisher all is done within ten


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
    _join(threads, stopping)
    stop_background()
    log.info("consumers_stopped")
    if errors:
        raise errors[0]


def _join(threads: Sequence[threading.Thread], stopping: threading.Event) -> None:
    """Wait for all threads: without limit until `stopping` is set, and then `_STOP_LIMIT` seconds, for them together.

    Those that hang, as in a call to a server that is away, would otherwise add up.
    """
    while not stopping.is_set() and (running := [thread for thread in threads if thread.is_alive()]):
        running[0].join(0.2)
    ends_at = time.monotonic() + _STOP_LIMIT
    for thread in threads:
        thread.join(max(0.0, ends_at - time.monotonic()))
