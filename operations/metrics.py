"""The metrics of a web server, for Prometheus."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from api.methods import read_only
from api.openapi.operation import describe


@describe(str, media_types=["text/plain"])
@read_only
def metrics(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """What Prometheus reads."""
    return HttpResponse(generate_latest(_registry(settings.METRICS_FOLDER)), content_type=CONTENT_TYPE_LATEST)


def _registry(folder: str) -> CollectorRegistry:
    """The metrics of all workers of a web server, which share a folder; without it, of this process."""
    if not folder or not Path(folder).is_dir():
        return REGISTRY
    _forget_gauges_of_dead_workers(Path(folder))
    registry = CollectorRegistry()
    _Collector(registry, folder)  # type: ignore[no-untyped-call]
    return registry


class _Collector(MultiProcessCollector):
    """Adds up the files of all workers, but for those that are empty, over which the library's own fails as a whole.

    A worker makes each of its files empty, and gives it room afterwards. One that is killed in between leaves it so.
    """

    def collect(self) -> Iterable[Metric]:
        files = [str(file) for file in Path(self._path).glob("*.db") if _has_content(file)]
        return self.merge(files, accumulate=True)  # type: ignore[no-untyped-call,no-any-return]


def _has_content(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:  # a gauge of a dead worker, which another one has just deleted
        return False


def _forget_gauges_of_dead_workers(folder: Path) -> None:
    """Delete the gauges of dead workers, which are out of date; their counters stay part of the sums."""
    for file in folder.glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            with suppress(FileNotFoundError):  # another worker is asked too
                mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
