"""Serving the metrics of a process by HTTP, where Prometheus is to read those of processes without HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from prometheus_client import REGISTRY, CollectorRegistry, Metric, start_http_server
from prometheus_client.registry import Collector

from operations.exceptions import MetricsAddressTaken

log = structlog.get_logger(__name__)


@contextmanager
def metrics_server(*collectors: Collector) -> Iterator[None]:
    """Inside the block, serve the metrics of this process and those of `collectors`, if METRICS_PORT is set.

    Raises:
        MetricsAddressTaken: nothing can listen at METRICS_HOST and METRICS_PORT. A process whose metrics nobody can
            read would be taken for a dead one, so it does not start.
    """
    if not settings.METRICS_PORT:
        yield
        return
    host, port = settings.METRICS_HOST, settings.METRICS_PORT
    try:
        server, thread = start_http_server(port, host, _registry(collectors))
    except OSError as error:
        raise MetricsAddressTaken(
            f"METRICS_PORT and METRICS_HOST: nothing can listen at {host}, port {port}: {error.strerror}; each process "
            "of a machine needs a port of its own"
        ) from error
    log.info("metrics_served", host=host, port=port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _ThisProcess(Collector):
    """Whatever this process counts. The file of messaging/heartbeat.py has that alone: it is written in a loop, which
    does not wait for Kafka."""

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()


def _registry(collectors: tuple[Collector, ...]) -> CollectorRegistry:
    registry = CollectorRegistry()
    for collector in (_ThisProcess(), *collectors):
        registry.register(collector)
    return registry
