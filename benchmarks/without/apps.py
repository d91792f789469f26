"""The apps that take out a part, once all of the product is loaded."""

import re
from typing import Any

from django.apps import AppConfig

_INSERT_ENTRIES = re.compile(r"INSERT INTO orders_timelineentry \([^)]*\)")  # what is left is a SELECT


class WithoutMetrics(AppConfig):
    """Nothing is counted or observed."""

    name = "benchmarks.without"

    def ready(self) -> None:
        from prometheus_client import Counter, Gauge, Histogram
        from prometheus_client.metrics import MetricWrapperBase

        from invoicing import billing

        for metric, method in ((Counter, "inc"), (Gauge, "set"), (Histogram, "observe")):
            setattr(metric, method, _nothing)
        MetricWrapperBase.labels = _itself  # type: ignore[method-assign, assignment]
        vars(billing)["observe_invoiced"] = _nothing


class WithoutTimelines(AppConfig):
    """Nothing is written to the timelines of orders."""

    name = "benchmarks.without"

    def ready(self) -> None:
        from orders import statements

        statements.note = _nothing
        for name, text in list(vars(statements).items()):
            if name.startswith("_") and isinstance(text, str):
                vars(statements)[name] = _INSERT_ENTRIES.sub("", text)


def _nothing(*_: Any, **__: Any) -> None:
    """In place of what would be done."""


def _itself(metric: Any, *_: Any, **__: Any) -> Any:
    return metric
