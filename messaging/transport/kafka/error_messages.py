"""Kafka's errors in the operator's terms: whose log-in failed, which ACL is missing, why TLS fails. Without secrets."""

import socket
import ssl
from typing import Any

from django.conf import settings
from kafka.conn import BrokerConnection
from kafka.errors import (
    AuthorizationError,
    GroupAuthorizationFailedError,
    KafkaError,
    KafkaTimeoutError,
    NodeNotReadyError,
    RequestTimedOutError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)

from messaging.transport.kafka.connection import connection_settings

_TIMEOUTS = (KafkaTimeoutError, RequestTimedOutError)
_TIMEOUT = 6.0  # seconds for TLS and log-in: a busy broker took more than three


def error_message(error: BaseException, *, acl: str) -> str:
    """An error in one line; `acl` is the ACL that the request needs, such as "Write on topic orders"."""
    if isinstance(error, AuthorizationError):
        return f"Kafka does not allow {_user()} this: the ACL {acl} is missing"
    return words_of(error)


def words_of(error: BaseException) -> str:
    """What happened, in one line, with what the library or the broker says of it. The library's own text begins with
    the error's name, and often that is all."""
    if isinstance(error, NodeNotReadyError):
        return f"there is no connection to broker {', '.join(map(str, error.args))} of the cluster"
    words = "Kafka does not respond in time" if isinstance(error, _TIMEOUTS) else type(error).__name__
    detail = str(error)
    if isinstance(error, KafkaError):
        detail = ", ".join(str(each) for each in error.args if each is not None) or _description(error)
    return f"{words}: {' '.join(detail.split())}" if detail else words


def _description(error: KafkaError) -> str:
    if isinstance(error, _TIMEOUTS):
        return ""
    return str(getattr(error, "description", None) or "").rstrip(".")


def acl_to_consume(error: KafkaError, *, group: str, topics: str) -> str:
    """The ACL that a member of a consumer group lacks."""
    return f"Read on group {group}" if isinstance(error, GroupAuthorizationFailedError) else f"Read on topic {topics}"


def connection_problem() -> str | None:
    """Why a broker that is up rejects our connection; the library's clients say only that there is no connection.

    None if no broker is up, or neither log-in nor TLS is used.
    """
    if settings.KAFKA["security_protocol"] == "PLAINTEXT":
        return None
    problems = (_problem_at(server) for server in connection_settings()["bootstrap_servers"])
    return next((problem for problem in problems if problem), None)


class _Probe(BrokerConnection):  # type: ignore[misc]
    """A connection that remembers why it was closed."""

    error: Exception | None = None

    def close(self, error: Exception | None = None) -> None:
        self.error = self.error or error
        super().close(error)


def _problem_at(server: str) -> str | None:
    host, _, port = server.strip().rpartition(":")
    options: dict[str, Any] = connection_settings()
    known = {name: value for name, value in options.items() if name in BrokerConnection.DEFAULT_CONFIG}
    # Read in one go with the end of the connection, the broker's last response would be dropped by the library.
    known["sock_chunk_buffer_count"] = 1
    probe = _Probe(host.strip("[]"), int(port), socket.AF_UNSPEC, **known)
    try:
        probe.connect_blocking(timeout=_TIMEOUT)
    except (KafkaError, OSError) as error:
        probe.error = error
    finally:
        probe.close()
    return _message_of(probe.error, server)


def _message_of(error: Exception | None, server: str) -> str | None:
    match error:
        case ssl.SSLCertVerificationError():
            return f"the certificate of Kafka at {server} is not taken: {error.verify_message.rstrip('.')}"
        case ssl.SSLError():
            return f"Kafka at {server} does not speak TLS: {error.reason}"
        case SaslAuthenticationFailedError():
            return f"Kafka at {server} refuses the log-in: KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is wrong"
        case UnsupportedSaslMechanismError():
            return f"Kafka at {server} does not take KAFKA_SASL_MECHANISM {settings.KAFKA['sasl_mechanism']}"
    return None


def _user() -> str:
    name = settings.KAFKA["sasl_username"]
    return f"user {name}" if name else "a client without log-in"
