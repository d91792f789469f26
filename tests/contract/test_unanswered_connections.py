"""Connections to Kafka that nobody answers: a host without power, a firewall, a broker that hangs.

kafkaex/kafka_ex#556: the client waited for as long as the system asks, two minutes, and so does kafka-python.
"""

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest
from kafka.conn import BrokerConnection, ConnectionStates

from devstack.ports import LOOPBACK
from messaging.transport.kafka.connection import connection_settings

GIVEN_UP_WITHIN = 12.0  # seconds


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes no connection, and refuses none: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((LOOPBACK, 0), backlog=0))
        address = listener.getsockname()
        try:
            while True:
                stack.enter_context(socket.create_connection(address, timeout=0.5))
        except TimeoutError:
            yield address[1]


def test_a_connection_that_nobody_answers_is_given_up_in_seconds(silent_port):
    known = {name: value for name, value in connection_settings().items() if name in BrokerConnection.DEFAULT_CONFIG}
    connection = BrokerConnection(LOOPBACK, silent_port, socket.AF_INET, **known)
    began = time.monotonic()
    with contextlib.closing(connection):
        while connection.connect() is ConnectionStates.CONNECTING and time.monotonic() < began + GIVEN_UP_WITHIN:
            time.sleep(0.05)

        assert connection.disconnected()
        assert time.monotonic() > began + 3  # it asked more than once
