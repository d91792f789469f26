"""Requests of an admin client to a Kafka cluster, by whichever of its servers answers."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, TypeVar

from django.conf import settings
from kafka import KafkaAdminClient
from kafka.errors import KafkaConnectionError, KafkaError, NoError, for_code
from kafka.protocol.admin import DescribeGroupsRequest

from messaging.exceptions import ConnectionRejected, TransportUnavailable
from messaging.transport.kafka.connection import connection_settings
from messaging.transport.kafka.error_messages import connection_problem, error_message, words_of
from messaging.transport.kafka.servers import bootstrap_servers, why_not_reached

T = TypeVar("T")

_TIMEOUT_MS = 10_000  # of a request
_RESPONSE_TIMEOUT = 1.0  # seconds, after which others are asked first,
_OTHERS_FIRST = 10.0  # and for how many seconds
_silent_until: dict[str, float] = {}  # by server; of the monotonic clock


class _AdminClient(KafkaAdminClient):  # type: ignore[misc]
    """The library's client, which can tell of a group's error.

    By itself it asks which operations on the group are allowed, too. A response with an error has none, and the library
    ends in a ValueError over that instead of raising the error.
    """

    def _describe_consumer_groups_request(self, group_id: str) -> Any:
        return DescribeGroupsRequest[2](groups=(group_id,))  # the last version without those operations


def ask_cluster(work: Callable[[KafkaAdminClient], T]) -> T:
    """Call `work` with an admin client; it may be called twice, if a server fails in the middle.

    The library asks one of the servers at random, and gives up if that one is down: so it is given one after the other.
    The client's `config["bootstrap_servers"]` has that one, for further clients.

    Raises:
        ConnectionRejected: a server is up and rejects our connection.
        TransportUnavailable: no server can be reached, or they reject the request; the message says which.
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
        raise ConnectionRejected(problem) from failure
    raise TransportUnavailable(_problem(failure)) from failure


def _servers() -> Iterator[str]:
    """All servers in random order, and all once more: one that answered may have named one that is shutting down.

    Those that do not respond come last: by a request one waits for a frozen one for as long as its time limit.
    """
    known = bootstrap_servers()
    servers = random.sample(known, len(known))
    if len(servers) == 1:
        yield from servers
        return
    silent = []
    for server in servers:
        if responds(server):
            yield server
        else:
            silent.append(server)
    yield from silent
    yield from servers


def responds(server: str) -> bool:
    """Whether a server responds; one that did not is taken at that for a while."""
    if _silent_until.get(server, 0.0) > time.monotonic():
        return False
    if why_not_reached(server, timeout=_RESPONSE_TIMEOUT) is None:
        return True
    _silent_until[server] = time.monotonic() + _OTHERS_FIRST
    return False


def _connect(server: str) -> KafkaAdminClient:
    return _AdminClient(**connection_settings() | {"bootstrap_servers": [server]}, request_timeout_ms=_TIMEOUT_MS)


def _problem(failure: Exception | None) -> str:
    if isinstance(failure, KafkaError) and not isinstance(failure, KafkaConnectionError):
        return words_of(failure)
    return f"Kafka does not answer at {settings.KAFKA['bootstrap_servers']}"


def check_code(code: int, acl: str) -> None:
    """Raise TransportUnavailable if a response has an error; `acl` is what one has to be allowed to do."""
    error = for_code(code)
    if error is not NoError:
        raise TransportUnavailable(error_message(error(), acl=acl))
