"""The metrics of consumers and publishers, in /metrics of the web server and in the file of messaging/heartbeat.py."""

from prometheus_client import Counter, Gauge

RETRIES = Counter(
    "orderflow_consumer_retries", "Batches or records tried again, by SQLSTATE or kind of error", ["consumer", "error"]
)
RENEWALS = Counter("orderflow_consumer_renewals", "Subscriptions given up and made anew", ["consumer"])
STALLED = Gauge("orderflow_consumer_stalled", "1 while records wait and none come", ["consumer"])
PUBLISHING_FAILURES = Counter("orderflow_publishing_failures", "Passes over the outbox that left events undelivered")
