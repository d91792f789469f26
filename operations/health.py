"""The liveness and readiness probes of a web server."""

from http import HTTPStatus
from typing import Any

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from api.methods import read_only
from common.postgres import ReadOnlyDatabase, is_read_only
from messaging.outbox.waiting import waiting_events


@read_only
def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 while the process responds; neither the database nor Kafka is asked."""
    return JsonResponse({"status": "ok"})


@read_only
def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 if the database responds, is writable and is migrated, else 503.

    Kafka is not asked, because orders are accepted without it. The response tells how many events wait to be
    published, and for how long.
    """
    try:
        checks = {"database": check_database(), "migrations": migrations.state(), "outbox": _outbox()}
    except Error as error:
        return _unavailable({"database": type(error).__name__})
    if checks["migrations"] != "ok":
        return _unavailable(checks)
    return JsonResponse({"status": "ok", "checks": checks})


def _unavailable(checks: dict[str, Any]) -> HttpResponse:
    response = JsonResponse({"status": "unavailable", "checks": checks}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = "2"
    return response


def check_database() -> str:
    """Raises:
    ReadOnlyDatabase: orders can't be stored, after a fail-over for one.
    """
    if is_read_only():
        raise ReadOnlyDatabase
    return "ok"


class Migrations:
    """Whether all migrations of this process's code are applied. Once they are, the database is not asked again."""

    def __init__(self) -> None:
        self._applied = False

    def state(self) -> str:
        if not self._applied:
            executor = MigrationExecutor(connection)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
            self._applied = not plan
        return "ok" if self._applied else "not all applied"


migrations = Migrations()


def _outbox() -> dict[str, int]:
    waiting = waiting_events()
    return {"waiting": waiting.count, "oldest_seconds": waiting.oldest_seconds}
