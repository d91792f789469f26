"""The state of the pipeline for Prometheus: lag, outbox, dead letters, orders that wait.

It is read at each scrape, from Kafka and PostgreSQL: whoever died is told of by those that are left, and what is gone
is not told of any more. The relay serves it; of several relays each tells the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from django.db import Error, connection
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from messaging.dead_letters.selection import causes
from messaging.exceptions import TransportUnavailable
from messaging.outbox.backlog import waiting_events
from messaging.transport.kafka.lag import ConsumerLag
from operations.dashboard.lag_watch import watch
from operations.monitoring.counts import CAUSES_SHOWN, parked_events, undecided_orders, waiting_messages

_KAFKA_TIMEOUT = 2.0  # seconds; a scrape may take ten

ReadLags = Callable[[], Sequence[ConsumerLag]]


class PipelineCollector(Collector):
    """Reads the state of the pipeline. Of what does not answer nothing is told but that."""

    def __init__(self, read_lags: ReadLags | None = None) -> None:
        self._read_lags = read_lags or partial(watch.latest, timeout=_KAFKA_TIMEOUT)

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily(
            "orderflow_dependency_up", "1 if it answers this process, 0 if it does not", labels=["dependency"]
        )
        for dependency, read in (("kafka", self._kafka), ("postgresql", _database)):
            try:
                metrics = list(read())
            except (TransportUnavailable, Error):
                metrics = []
            up.add_metric([dependency], bool(metrics))
            yield from metrics
        yield up

    def _kafka(self) -> Iterator[Metric]:
        lags = self._read_lags()
        yield _gauge(
            "consumer_lag_events",
            "Events that a consumer has yet to handle",
            ["consumer", "topic"],
            (((lag.consumer, lag.topic), lag.records) for lag in lags),
        )
        yield _gauge(
            "consumer_lag_seconds",
            "For how long the oldest event has waited for a consumer; not there where Kafka does not say",
            ["consumer", "topic"],
            (((lag.consumer, lag.topic), lag.seconds) for lag in lags if lag.seconds or not lag.records),
        )
        yield _gauge(
            "consumer_lost_events",
            "Events that Kafka deleted before a consumer had read them",
            ["consumer", "topic"],
            (((lag.consumer, lag.topic), lag.lost) for lag in lags),
        )
        yield _gauge(
            "consumer_members",
            "Processes that consume on behalf of a consumer, as Kafka knows them",
            ["consumer"],
            {(lag.consumer,): lag.members for lag in lags}.items(),
        )


def _database() -> Iterator[Metric]:
    try:
        waiting = waiting_events()
        yield _gauge("outbox_events", "Events that wait to be published, 10000 at most", [], [((), waiting.count)])
        yield _gauge(
            "outbox_oldest_age_seconds",
            "For how long the oldest event has waited to be published",
            [],
            [((), waiting.oldest_seconds)],
        )
        yield _gauge("outbox_parked_events", "Events that Kafka refused for good", [], [((), parked_events())])
        yield _gauge(
            "dead_letters_failed",
            "Dead letters that wait for a person, by the kind of error",
            ["consumer", "cause"],
            (((each.consumer, each.name), each.count) for each in causes(limit=CAUSES_SHOWN)),
        )
        yield _gauge(
            "dead_letters_waiting",
            "Dead letters that wait behind failed ones of their order",
            ["consumer"],
            (((consumer,), count) for consumer, count in waiting_messages().items()),
        )
        yield _gauge(
            "orders_undecided",
            "Orders that have waited for a decision of the stock for over 30 s, 1000 at most",
            [],
            [((), undecided_orders())],
        )
    finally:
        connection.close()  # a scrape has a thread of its own


def _gauge(name: str, help_text: str, labels: Sequence[str], values: Iterable[tuple[Sequence[str], float]]) -> Metric:
    family = GaugeMetricFamily(f"orderflow_{name}", help_text, labels=labels)
    for label_values, value in values:
        family.add_metric(label_values, value)
    return family
