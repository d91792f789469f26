"""What `prune` counts: at METRICS_PORT of `prune --daily`, and in the file beside its heartbeat file."""

from prometheus_client import Counter, Gauge

PRUNED = Counter("orderflow_pruned_rows", "Rows deleted because they had outlived their retention", ["kind"])
DUE = Gauge(
    "orderflow_prune_due_rows", "Rows that are to be deleted, 10000 at most", ["kind"], multiprocess_mode="mostrecent"
)
LAST_SUCCESS = Gauge(
    "orderflow_prune_last_success_timestamp_seconds",
    "When all that was due had been deleted, in seconds since 1970",
    multiprocess_mode="mostrecent",
)
