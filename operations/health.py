"""The liveness and readiness probes of a web server."""

from http import HTTPStatus
from typing import Literal

import msgspec
import structlog
from django.db import Error
from django.http import HttpRequest, HttpResponse

from api.methods import as_json, read_only
from api.openapi.operation import describe
from common.database_problems import database_problem
from common.postgres import ReadOnlyDatabase, is_read_only
from messaging.outbox.backlog import waiting_events
from operations.migration_state import migration_state

log = structlog.get_logger(__name__)


class Live(msgspec.Struct, frozen=True):
    """A process that answers."""

    status: Literal["ok"] = "ok"


class Outbox(msgspec.Struct, frozen=True):
    """Events that wait for Kafka: more than a few, for more than seconds, and it or the relay is away."""

    waiting: int
    oldest_seconds: int


class Checks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was found, as far as it could be asked."""

    database: str
    migrations: str | None = None
    outbox: Outbox | None = None


class Ready(msgspec.Struct, frozen=True):
    """Whether a process can serve."""

    status: Literal["ok", "unavailable"]
    checks: Checks


@describe(Live)
@read_only
def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 while the process responds; neither the database nor Kafka is asked."""
    return as_json(Live())


@describe(Ready, others={HTTPStatus.SERVICE_UNAVAILABLE: Ready})
@read_only
def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 if the database responds, takes changes and is migrated, else 503.

    Kafka is not asked, because orders are accepted without it. Nothing is written, so a full disk under the database is
    not noticed: all processes have the same disk, and without any of them nobody could read either. What is told by
    503 instead is counted, and has an alert. The response tells how many events wait to be
    published, and for how long.
    """
    try:
        checks = Checks(database=check_database(), migrations=migrations.state(), outbox=_outbox())
    except Error as error:
        return _unavailable(Checks(database=type(error).__name__), reason=database_problem(error))
    if checks.migrations != "ok":
        return _unavailable(checks, reason="the database is not migrated: manage.py migrate")
    return as_json(Ready("ok", checks))


def _unavailable(checks: Checks, *, reason: str) -> HttpResponse:
    log.warning("not_ready", reason=reason)  # the response is anybody's to read, and has no words of the database
    response = as_json(Ready("unavailable", checks), HTTPStatus.SERVICE_UNAVAILABLE)
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
            self._applied = not migration_state().missing
        return "ok" if self._applied else "not all applied"


migrations = Migrations()


def _outbox() -> Outbox:
    waiting = waiting_events()
    return Outbox(waiting=waiting.count, oldest_seconds=waiting.oldest_seconds)
