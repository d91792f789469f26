"""What a broker says of a log-in is told, also where its response and the end of the connection come together."""

import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from messaging.transport.kafka.error_messages import connection_problem

UNSUPPORTED_SASL_MECHANISM = 33


def reject(listener: socket.socket) -> None:
    """Answer one request with an error and close the connection, both in one packet."""
    connection, _ = listener.accept()
    with connection:
        (length,) = struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))
        correlation_id = connection.recv(length, socket.MSG_WAITALL)[4:8]
        response = correlation_id + struct.pack(">hi", UNSUPPORTED_SASL_MECHANISM, 0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        connection.sendall(struct.pack(">i", len(response)) + response)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)  # until the client closes


@pytest.fixture
def rejecting_broker(settings) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        settings.KAFKA = settings.KAFKA | {
            "bootstrap_servers": address,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-256",
            "sasl_username": "somebody",
            "sasl_password": "swordfish",
        }
        rejecting = pool.submit(reject, listener)
        yield address
        rejecting.result()


def test_a_response_that_comes_with_the_end_of_its_connection_counts(rejecting_broker):
    """On a busy machine a wrong mechanism was "Kafka does not answer"."""
    assert connection_problem() == f"Kafka at {rejecting_broker} does not take KAFKA_SASL_MECHANISM SCRAM-SHA-256"
