"""What Prometheus reads."""

from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from api.methods import read_only


@read_only
def metrics(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return HttpResponse(generate_latest(_registry(settings.METRICS_FOLDER)), content_type=CONTENT_TYPE_LATEST)


def _registry(folder: str) -> CollectorRegistry:
    """What all workers of a web server have counted into a folder; without one, what this process has."""
    if not folder:
        return REGISTRY
    _forget_gauges_of_dead_workers(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    return registry


def _forget_gauges_of_dead_workers(folder: Path) -> None:
    """What a dead worker had counted stays part of the sum; how it was is no longer true."""
    for file in folder.glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            with suppress(FileNotFoundError):  # another worker is asked too
                mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
