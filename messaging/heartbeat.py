"""The heartbeat file and the metrics file of processes that serve no HTTP, for health checks and for Prometheus."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import structlog
from django.conf import settings
from prometheus_client import REGISTRY, write_to_textfile

log = structlog.get_logger(__name__)

_METRICS_INTERVAL = 5.0  # seconds


class _Writing:
    """Writing a file that others watch. That it can't be written is logged once, and ends no work: the file grows old,
    and whoever watches it decides.
    """

    def __init__(self, write: Callable[..., Any]) -> None:
        self._write = write
        self._failed = False

    def __call__(self, *arguments: Any) -> None:
        try:
            self._write(*arguments)
        except OSError as error:
            if not self._failed:
                log.warning("heartbeat_not_written", error=str(error))
            self._failed = True
        else:
            self._failed = False


class Heartbeat:
    """The heartbeat file of a process with one or more loops. It is touched once every loop has reported."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loops: set[object] = set()
        self._awaited: set[object] = set()
        self._touch = _Writing(Path.touch)

    def join(self, loop: object) -> None:
        with self._lock:
            self._loops.add(loop)
            self._awaited.add(loop)

    def leave(self, loop: object) -> None:
        with self._lock:
            self._loops.discard(loop)
            self._awaited.discard(loop)

    def beat(self, loop: object) -> None:
        with self._lock:
            self._awaited.discard(loop)
            if self._awaited:
                return
            self._awaited = set(self._loops)
        if settings.HEARTBEAT_FILE:
            self._touch(Path(settings.HEARTBEAT_FILE))


class MetricsFile:
    """A file with the metrics of this process, written every few seconds by whichever loop reports then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written_at = float("-inf")
        self._write = _Writing(write_to_textfile)

    def write_if_due(self) -> None:
        with self._lock:
            now = time.monotonic()
            if not settings.HEARTBEAT_FILE or now - self._written_at < _METRICS_INTERVAL:
                return
            self._written_at = now
            self._write(f"{settings.HEARTBEAT_FILE}.prom", REGISTRY)


process_heartbeat, process_metrics_file = Heartbeat(), MetricsFile()


class Liveness:
    """The liveness of one loop, which calls `report` in each iteration inside the `with` block.

    HEARTBEAT_FILE is touched once all such loops of the process have reported that they are well, so that a loop that
    hangs is noticed although others go on. HEARTBEAT_FILE.prom has the metrics in Prometheus' text format, whether
    loops are well or not.
    """

    def __enter__(self) -> Self:
        process_heartbeat.join(self)
        return self

    def __exit__(self, *_: object) -> None:
        process_heartbeat.leave(self)

    def report(self, *, well: bool = True) -> None:
        """Report that this loop goes on, and whether it is well."""
        process_metrics_file.write_if_due()
        if well:
            process_heartbeat.beat(self)
