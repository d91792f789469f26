"""The metrics of the web server."""

from prometheus_client import Counter

REJECTED = Counter("orderflow_requests_rejected", "Requests answered before Django, by reason", ["reason"])
