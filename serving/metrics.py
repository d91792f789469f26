"""What web workers count: each worker's own /metrics has it."""

from prometheus_client import Counter

REFUSED = Counter("orderflow_requests_refused", "Requests answered before Django, by reason", ["reason"])
