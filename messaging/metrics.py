"""The metrics of consumers and publishers.

They are in /metrics of the web server, at METRICS_PORT of the other processes, and in the file of
messaging/heartbeat.py. Labels have few values: a metric of each order would be one that no Prometheus can keep.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

# One process of a consumer handles a batch in about 10 ms; in an outage it tries until that is over.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

RETRIES = Counter(
    "orderflow_consumer_retries", "Batches or records tried again, by SQLSTATE or kind of error", ["consumer", "error"]
)
RENEWALS = Counter("orderflow_consumer_renewals", "Subscriptions given up and made anew", ["consumer"])
STALLED = Gauge(
    "orderflow_consumer_stalled",
    "1 while records wait and none come, or polls fail",
    ["consumer"],
    multiprocess_mode="livemax",
)
SKIPPED = Counter(
    "orderflow_consumer_skipped_events",
    "Events that Kafka had deleted when they were to be read",
    ["consumer", "topic"],
)
HANDLED = Counter("orderflow_consumer_events", "Events handled, by their type", ["consumer", "type"])
DEAD_LETTERED = Counter(
    "orderflow_consumer_dead_letters", "Messages that became dead letters, by kind of error", ["consumer", "error"]
)
_BATCH_RECORDS = Histogram("orderflow_consumer_batch_records", "Records of a batch", ["consumer"], buckets=_SIZES)
_BATCH_DURATION = Histogram(
    "orderflow_consumer_batch_duration_seconds",
    "From when a batch was received until it is handled, with all tries",
    ["consumer"],
    buckets=_SECONDS,
)
PUBLISHING_FAILURES = Counter("orderflow_publishing_failures", "Passes over the outbox that left events undelivered")
PASS_EVENTS = Histogram(
    "orderflow_publishing_pass_events", "Events that a pass over the outbox delivered to Kafka", buckets=_SIZES
)


@contextmanager
def batch_metrics(consumer: str, records: int) -> Iterator[None]:
    """Around the handling of a batch of so many records: measures it, also where it fails."""
    began = time.monotonic()
    try:
        yield
    finally:
        _BATCH_RECORDS.labels(consumer).observe(records)
        _BATCH_DURATION.labels(consumer).observe(time.monotonic() - began)
