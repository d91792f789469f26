"""The metrics of tracing itself: what became of the spans."""

from prometheus_client import Counter

EXPORTED = Counter("orderflow_spans_exported", "Spans that the collector has taken")
DROPPED = Counter(
    "orderflow_spans_dropped", "Spans that were given up, by why: queue_full or export_failed", ["reason"]
)
for _reason in ("queue_full", "export_failed"):
    DROPPED.labels(_reason)  # at 0: docs/monitoring.md
