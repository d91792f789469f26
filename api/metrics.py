"""The metrics of the API."""

from prometheus_client import Counter

PROBLEMS = Counter(
    "orderflow_problems",
    "Responses that say what is wrong, by the end of their problem type (blank: what the status says) and by status",
    ["type", "status"],
)
