"""The connection settings of every kind of Kafka client."""

import ssl
from collections.abc import Mapping
from socket import IPPROTO_TCP, TCP_NODELAY, TCP_SYNCNT
from typing import Any

from django.conf import settings

MAX_MESSAGE_BYTES = 4 * 1024 * 1024  # an order of 2,000 lines with the longest names stays below
# After which partitions that were added are seen; by default five minutes.
METADATA_MAX_AGE_MS = 5000
# How often the system asks again for a connection that nobody answers: after 1 s and 3 s, and it gives up after 7 s. By
# itself it takes 127 s, at the end for a minute without asking, and the library has no limit of its own that holds:
# whoever came back in that minute was not seen.
CONNECT_RETRIES = 2


def connection_settings() -> dict[str, Any]:
    """The library's connection options, from the KAFKA_* settings."""
    kafka = settings.KAFKA
    optional = {
        "sasl_mechanism": kafka["sasl_mechanism"],
        "sasl_plain_username": kafka["sasl_username"],
        "sasl_plain_password": kafka["sasl_password"],
        "ssl_context": _tls(kafka),
    }
    return {
        "bootstrap_servers": str(kafka["bootstrap_servers"]).split(","),
        "client_id": "orderflow",
        "api_version": (2, 6),  # given, so that constructors neither block nor fail while the broker is down
        "security_protocol": kafka["security_protocol"],
        "reconnect_backoff_max_ms": 1000,
        "metadata_max_age_ms": METADATA_MAX_AGE_MS,
        "socket_options": [(IPPROTO_TCP, TCP_NODELAY, 1), (IPPROTO_TCP, TCP_SYNCNT, CONNECT_RETRIES)],
    } | {name: value for name, value in optional.items() if value}


def _tls(kafka: Mapping[str, Any]) -> ssl.SSLContext | None:
    """The TLS context. The library's own uses a constant that Python has deprecated."""
    if not kafka["security_protocol"].endswith("SSL"):
        return None
    context = ssl.create_default_context(cafile=kafka["ssl_cafile"] or None)
    context.check_hostname = kafka["ssl_check_hostname"]
    if kafka["ssl_certfile"]:
        context.load_cert_chain(kafka["ssl_certfile"], kafka["ssl_keyfile"])
    return context


def topic_name(topic: str) -> str:
    return settings.KAFKA_TOPIC_PREFIX + topic
