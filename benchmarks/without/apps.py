"""The apps that take out a part, once all of the product is loaded."""

from typing import Any

from django.apps import AppConfig


class WithoutMetrics(AppConfig):
    """Nothing is counted or observed."""

    name = "benchmarks.without"

    def ready(self) -> None:
        from prometheus_client import Counter, Gauge, Histogram
        from prometheus_client.metrics import MetricWrapperBase

        from invoicing import services

        for metric, method in ((Counter, "inc"), (Gauge, "set"), (Histogram, "observe")):
            setattr(metric, method, _nothing)
        MetricWrapperBase.labels = _itself  # type: ignore[method-assign, assignment]
        vars(services)["observe_invoiced"] = _nothing


class WithoutTimelines(AppConfig):
    """Nothing is written to the timelines of orders."""

    name = "benchmarks.without"

    def ready(self) -> None:
        from orders import statements

        statements.note = _nothing


def _nothing(*_: Any, **__: Any) -> None:
    """In place of what would be done."""


def _itself(metric: Any, *_: Any, **__: Any) -> Any:
    return metric
