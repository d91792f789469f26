"""The security settings of Kafka, which only make sense together."""

import ssl
from collections.abc import Iterator, Mapping
from typing import Any

_LOGIN = {
    "KAFKA_SASL_MECHANISM": "sasl_mechanism",
    "KAFKA_SASL_USERNAME": "sasl_username",
    "KAFKA_SASL_PASSWORD": "sasl_password",
}
_FILES = {
    "KAFKA_SSL_CAFILE": "ssl_cafile",
    "KAFKA_SSL_CERTFILE": "ssl_certfile",
    "KAFKA_SSL_KEYFILE": "ssl_keyfile",
}


def problems_of_kafka_security(kafka: Mapping[str, Any]) -> dict[str, str]:
    """What is missing or contradicts itself in settings.KAFKA, by the settings' names and without any secret."""
    protocol = kafka["security_protocol"]
    because = f"but KAFKA_SECURITY_PROTOCOL is {protocol}"
    login = {name: bool(kafka[key]) for name, key in _LOGIN.items()}
    files = {name: bool(kafka[key]) for name, key in _FILES.items()}
    if protocol.startswith("SASL_"):
        problems = {name: f"is not set, {because}" for name, given in login.items() if not given}
    else:
        problems = {name: f"is set, {because}: there is no log-in" for name, given in login.items() if given}
    if protocol.endswith("SSL"):
        return problems | dict(_problems_of_files(kafka["ssl_cafile"], kafka["ssl_certfile"], kafka["ssl_keyfile"]))
    return problems | {name: f"is set, {because}: there is no TLS" for name, given in files.items() if given}


def _problems_of_files(ca: str, certificate: str, key: str) -> Iterator[tuple[str, str]]:
    """Whether the files can be used: kafka-python finds out at each connection only, and tries again for ever."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca:
        try:
            context.load_verify_locations(ca)
        except OSError:  # ssl.SSLError is one
            yield "KAFKA_SSL_CAFILE", "must be certificates in PEM format"
    if not certificate or not key:
        if certificate or key:
            yield (
                "KAFKA_SSL_KEYFILE" if certificate else "KAFKA_SSL_CERTFILE",
                "is not set, but the other of the two is",
            )
        return
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")  # without it, OpenSSL asks the terminal
    except OSError:
        yield "KAFKA_SSL_CERTFILE", "must be a certificate, and KAFKA_SSL_KEYFILE its key without pass phrase, both PEM"
