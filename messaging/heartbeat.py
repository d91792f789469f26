"""Signs of life of processes that serve no HTTP: files for the containers' health check, and for Prometheus."""

import threading
import time
from pathlib import Path
from typing import Self

from django.conf import settings
from prometheus_client import REGISTRY, write_to_textfile

_SHOW_EVERY = 5.0  # seconds


class _Heartbeat:
    """Of a process with one or more loops: it beats each time that every one of them has done some work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loops: set[object] = set()
        self._awaited: set[object] = set()

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
            Path(settings.HEARTBEAT_FILE).touch()


class _MetricsFile:
    """A file with the metrics of this process, renewed every few seconds by whoever asks for it then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown_at = float("-inf")

    def renew(self) -> None:
        with self._lock:
            now = time.monotonic()
            if not settings.HEARTBEAT_FILE or now - self._shown_at < _SHOW_EVERY:
                return
            self._shown_at = now
            write_to_textfile(f"{settings.HEARTBEAT_FILE}.prom", REGISTRY)


_heartbeat, _metrics_file = _Heartbeat(), _MetricsFile()


class Liveness:
    """Of one loop that the process is there for, which calls `show` again and again inside the `with` block.

    HEARTBEAT_FILE is touched once all such loops of the process were well: one that hangs is not hidden by others.
    HEARTBEAT_FILE.prom has the metrics in Prometheus' text format, for node_exporter and for people, well or not.
    """

    def __enter__(self) -> Self:
        _heartbeat.join(self)
        return self

    def __exit__(self, *_: object) -> None:
        _heartbeat.leave(self)

    def show(self, *, well: bool = True) -> None:
        """Say how this loop is."""
        _metrics_file.renew()
        if well:
            _heartbeat.beat(self)
