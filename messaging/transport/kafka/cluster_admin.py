"""Asking a Kafka cluster about itself, and changing it: by whichever of its servers answers."""

import random
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from django.conf import settings
from kafka import KafkaAdminClient
from kafka.errors import KafkaConnectionError, KafkaError

from messaging.exceptions import LogInRefused, TransportUnavailable
from messaging.transport.kafka.connection import connection_settings
from messaging.transport.kafka.refusals import connection_problem

T = TypeVar("T")

_TIMEOUT_MS = 10_000  # of a request


def ask_cluster(work: Callable[[KafkaAdminClient], T]) -> T:
    """Do something by an admin client, which is never lazy; it may be done twice, if a server fails in the middle.

    The library asks one server by chance, and gives up if that is away: so it is given one after the other.

    Raises:
        LogInRefused: a server is there and takes no connection from us.
        TransportUnavailable: no server can be reached, or they refuse the work; the message says which.
    """
    failure: Exception | None = None
    for server in _servers():
        try:
            with closing(_connect(server)) as admin:
                return work(admin)
        except (KafkaError, OSError) as error:
            failure = error
            if not getattr(error, "retriable", True):
                break
    if problem := connection_problem():
        raise LogInRefused(problem) from failure
    raise TransportUnavailable(_problem(failure)) from failure


def _servers() -> list[str]:
    """All of them in any order, and all again: one that answered may have named another that is just going away."""
    servers: list[str] = connection_settings()["bootstrap_servers"]
    return random.sample(servers, len(servers)) * (1 if len(servers) == 1 else 2)


def _connect(server: str) -> KafkaAdminClient:
    return KafkaAdminClient(**connection_settings() | {"bootstrap_servers": [server]}, request_timeout_ms=_TIMEOUT_MS)


def _problem(failure: Exception | None) -> str:
    if isinstance(failure, KafkaError) and not isinstance(failure, KafkaConnectionError):
        return f"{type(failure).__name__}: {failure}"
    return f"Kafka does not answer at {settings.KAFKA['bootstrap_servers']}"
