"""What the web server counts besides Django's requests."""

from prometheus_client import Counter

REJECTED = Counter("orderflow_requests_rejected", "Requests answered before Django, by reason", ["reason"])
