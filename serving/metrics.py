"""The metrics of the web server."""

from prometheus_client import Counter, Histogram

REJECTED = Counter("orderflow_requests_rejected", "Requests answered before Django, by reason", ["reason"])
QUEUED = Histogram(
    "orderflow_request_queue_seconds",
    "How long requests waited to be served, or until they were rejected; those that did not wait are not counted",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
