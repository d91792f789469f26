"""A consumer that gets no records although they wait renews its subscription."""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from messaging import heartbeat
from messaging.consuming.runtime import ConsumerRunner
from messaging.consuming.watchdog import PROGRESS_LIMIT, Watchdog
from messaging.exceptions import TransportUnavailable
from messaging.transport.memory import MemoryBroker, MemorySubscription
from tests.clock import Clock
from tests.toy_events import Recorder, as_message, consumer, happened


class Clients:
    """The first ones that are made are stuck: they have their partitions, records wait, and `poll` brings nothing.

    `seen` is what could be seen from outside at each of their polls: whether the consumer is said to be stalled, and
    whether there is a heartbeat. The others stop the consumer once nothing is left.
    """

    def __init__(self, heartbeat_file: Path, *, stuck: int) -> None:
        self.broker, self.stopping = MemoryBroker(partitions=1), threading.Event()
        self.seen: list[tuple[bool, bool]] = []
        self._file, self._stuck = heartbeat_file, stuck
        self.made = 0

    def __call__(self, group, topics) -> MemorySubscription:
        outer, is_stuck = self, self.made < self._stuck
        self.made += 1

        class Client(MemorySubscription):
            def poll(self, *, timeout, max_records):
                if is_stuck:
                    outer.seen.append(outer.look())
                    return []
                records = super().poll(timeout=timeout, max_records=max_records)
                if not records:
                    outer.stopping.set()
                return records

        return Client(self.broker, group, topics)

    def look(self) -> tuple[bool, bool]:
        return metric("stalled") == 1, self._file.exists()


def impatient_clock() -> Iterator[float]:
    """Whenever it is looked at, a `PROGRESS_LIMIT` has gone by."""
    now = 0.0
    while True:
        yield (now := now + PROGRESS_LIMIT)


def metric(name: str) -> float:
    return REGISTRY.get_sample_value(f"orderflow_consumer_{name}", {"consumer": "toy"}) or 0.0


@pytest.fixture
def clients(tmp_path, settings, monkeypatch, transactional_db) -> Clients:
    monkeypatch.setattr(heartbeat, "process_heartbeat", heartbeat.Heartbeat())
    settings.HEARTBEAT_FILE = str(tmp_path / "heartbeat")
    return Clients(tmp_path / "heartbeat", stuck=3)


def test_log_metrics_and_heartbeat_tell_of_a_stuck_client_until_a_new_one_brings_records(clients):
    clients.broker.append(as_message(happened(1)))
    handler, renewals = Recorder(), metric("renewals_total")
    watchdog = Watchdog(impatient_clock().__next__)

    with capture_logs() as log:
        runner = ConsumerRunner(consumer(handler), clients, clients.stopping, jitter=lambda: 0.0, watchdog=watchdog)
        runner.run()

    said = [line["reason"] for line in log if line["event"] == "subscription_renewed"]
    assert said == ["no progress with 1 record waiting"] * 3
    assert metric("renewals_total") == renewals + 3
    assert clients.seen == [(False, False), (True, False), (True, False)]
    assert handler.numbers == [1]
    assert clients.look() == (False, True)


# apache/kafka#1829: what a broker rejects is rejected again at each attempt, several times a second.
def test_what_kafka_repeats_is_logged_once_and_its_renewals_are_counted(transactional_db):
    broker, stopping, before = MemoryBroker(partitions=1), threading.Event(), metric("renewals_total")
    reasons = ["the ACL is missing"] * 3 + ["it is gone"] * 2

    class Client(MemorySubscription):
        def poll(self, *, timeout, max_records):
            if reasons:
                raise TransportUnavailable(reasons.pop(0))
            stopping.set()
            return []

    with capture_logs() as log:
        subscribe = partial(Client, broker)
        ConsumerRunner(consumer(Recorder()), subscribe, stopping, jitter=lambda: 0.0).run()

    said = [line["reason"] for line in log if line["event"] == "subscription_renewed"]
    assert said == ["the ACL is missing", "it is gone"]
    assert metric("renewals_total") == before + 5


# elastic/logstash#11553: a damaged record was met again at once, each time by a new member of the group.
def test_polls_that_fail_for_long_are_tried_again_more_seldom_and_are_a_stall(transactional_db, monkeypatch):
    broker, stopping, seen = MemoryBroker(partitions=1), threading.Event(), []
    pauses: list[float] = []
    monkeypatch.setattr(stopping, "wait", pauses.append)
    clock = Clock(1000.0)

    class Client(MemorySubscription):
        def poll(self, *, timeout, max_records):
            seen.append(metric("stalled"))
            clock.now += PROGRESS_LIMIT / 3
            if len(seen) > 5:
                stopping.set()
            raise TransportUnavailable("a record is damaged")

    watchdog = Watchdog(clock)
    subscribe = partial(Client, broker)
    ConsumerRunner(consumer(Recorder()), subscribe, stopping, jitter=lambda: 1.0, watchdog=watchdog).run()

    assert seen == [0, 0, 0, 0, 1, 1]
    assert pauses == sorted(pauses)
    assert pauses[-1] > 8 * pauses[0]


def test_a_batch_that_is_handled_one_by_one_shows_signs_of_life_between_its_events(deliver, monkeypatch):
    handler, seen = Recorder(), []
    handler.fails_on = {1}
    monkeypatch.setattr(heartbeat.Liveness, "report", lambda _, **of: seen.append(len(handler.numbers)))

    deliver(handler, *(as_message(happened(number)) for number in range(1, 5)))

    assert handler.numbers == [2, 3, 4]
    assert {1, 2, 3} <= set(seen)


def test_retries_are_counted_by_what_went_wrong(deliver):
    labels = {"consumer": "toy", "error": "ValueError"}
    name = "orderflow_consumer_retries_total"
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    handler = Recorder()
    handler.fails_on, handler.fails_times = {1}, 2

    deliver(handler, as_message(happened(1)))

    assert handler.numbers == [1]
    assert REGISTRY.get_sample_value(name, labels) == before + 1
