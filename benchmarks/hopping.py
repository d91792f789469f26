"""The process of benchmarks/bare_hops.py. Django is set up."""

import threading
import time

from benchmarks.bare_hops import PAUSE
from benchmarks.errors import BenchmarkError
from messaging.consuming.runtime import MAX_RECORDS, POLL_TIMEOUT
from messaging.transport.base import Message, Producer
from messaging.transport.kafka import connect_producer, subscribe, subscription
from messaging.transport.kafka.topics import ensure_topics

TOPIC = "bare-hops"
TIMEOUT = 60.0  # seconds


class Consumer(threading.Thread):
    """Polls as the product's consumers do, and commits each offset at once."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.assigned, self.committed, self.stopping = threading.Event(), threading.Event(), threading.Event()

    def run(self) -> None:
        subscription.COMMIT_EVERY = 0.0
        member = subscribe(TOPIC, [TOPIC])
        while not self.stopping.is_set():
            records = member.poll(timeout=POLL_TIMEOUT, max_records=MAX_RECORDS)
            if member.assigned:
                self.assigned.set()
            if records:
                member.commit(records)
                self.committed.set()
        member.close()


def hops(count: int) -> list[float]:
    """Milliseconds of so many hops; the first, which connects the producer, is left out.

    Raises:
        BenchmarkError: a record was not sent, or did not come.
    """
    ensure_topics((TOPIC,))
    producer, consumer = connect_producer(), Consumer()
    consumer.start()
    if not consumer.assigned.wait(TIMEOUT):
        raise BenchmarkError("Kafka assigned no partition")
    measured = [_hop(producer, consumer, str(number).encode()) for number in range(count + 1)]
    consumer.stopping.set()
    consumer.join()
    producer.close()
    return measured[1:]


def _hop(producer: Producer, consumer: Consumer, key: bytes) -> float:
    time.sleep(PAUSE)
    consumer.committed.clear()
    began = time.perf_counter()
    (failure,) = producer.send([Message(TOPIC, key, b"{}", [])])
    if failure or not consumer.committed.wait(TIMEOUT):
        raise BenchmarkError(failure.reason if failure else "a record did not come")
    return (time.perf_counter() - began) * 1000
