"""The messages of Kafka's errors."""

import socket
import threading

import pytest
from kafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaTimeoutError,
    NodeNotReadyError,
    NotEnoughReplicasError,
    RequestTimedOutError,
    TopicAuthorizationFailedError,
)

from messaging.transport.kafka.error_messages import acl_to_consume, connection_problem, error_message

SECURED = {
    "security_protocol": "SASL_SSL",
    "sasl_mechanism": "SCRAM-SHA-512",
    "sasl_username": "orderflow-web",
    "sasl_password": "swordfish",
}


@pytest.mark.parametrize("error", [TopicAuthorizationFailedError({"orders"}), ClusterAuthorizationFailedError()])
def test_a_missing_right_is_named_with_the_user_who_lacks_it(settings, error):
    settings.KAFKA = settings.KAFKA | SECURED

    assert error_message(error, acl="Write on topic orders") == (
        "Kafka does not allow user orderflow-web this: the ACL Write on topic orders is missing"
    )


def test_who_has_not_logged_in_is_told_so(settings):
    said = error_message(TopicAuthorizationFailedError(), acl="Write on topic orders")

    assert said == "Kafka does not allow a client without log-in this: the ACL Write on topic orders is missing"


def test_another_error_is_no_matter_of_rights():
    assert "ACL" not in error_message(KafkaTimeoutError("too late"), acl="Write on topic orders")


# dpkp/kafka-python#2303: a name was all that operators had to go by.
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KafkaTimeoutError(), "Kafka does not respond in time"),
        (KafkaTimeoutError(None), "Kafka does not respond in time"),
        (KafkaTimeoutError("Failed to update metadata\nafter 3 s"), "Kafka does not respond in time: Failed to update"),
        (RequestTimedOutError(), "Kafka does not respond in time"),
        (KafkaConnectionError(), "KafkaConnectionError"),
        (NodeNotReadyError(2), "there is no connection to broker 2 of the cluster"),
        (KafkaConnectionError("socket disconnected"), "KafkaConnectionError: socket disconnected"),
        (
            NotEnoughReplicasError(),
            "NotEnoughReplicasError: Returned from a produce request when the number of in-sync",
        ),
        (NotEnoughReplicasError("1 of 2"), "NotEnoughReplicasError: 1 of 2"),
        (ConnectionResetError(104, "reset"), "ConnectionResetError: [Errno 104] reset"),
        (OSError(), "OSError"),
    ],
)
def test_an_error_is_named_once_with_what_is_known_of_it(error, said):
    text = error_message(error, acl="Write on topic orders")

    assert text.startswith(said)
    assert text.count(type(error).__name__) <= 1
    assert not text.endswith((":", "."))
    assert "\n" not in text


@pytest.mark.parametrize(
    ("error", "acl"),
    [
        (GroupAuthorizationFailedError("g"), "Read on group orderflow-orders"),
        (TopicAuthorizationFailedError({"a"}), "Read on topic a, b"),
    ],
)
def test_a_consumer_lacks_its_group_or_its_topics(error, acl):
    assert acl_to_consume(error, group="orderflow-orders", topics="a, b") == acl


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_SSL", "SSL", "SASL_PLAINTEXT"])
def test_where_no_broker_is_there_is_nothing_wrong_with_the_log_in(settings, protocol):
    settings.KAFKA = settings.KAFKA | SECURED | {"security_protocol": protocol, "bootstrap_servers": "127.0.0.1:9"}

    assert connection_problem() is None


def test_a_server_that_does_not_speak_tls_is_named(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        settings.KAFKA = settings.KAFKA | SECURED | {"bootstrap_servers": f"127.0.0.1:9,{address}"}
        thread = threading.Thread(target=_answer_in_clear, args=(server,))
        thread.start()
        problem = connection_problem()
        thread.join()

    assert problem is not None
    assert problem.startswith(f"Kafka at {address} does not speak TLS: ")
    assert "swordfish" not in problem


def _answer_in_clear(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
