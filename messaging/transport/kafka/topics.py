"""Creating topics, and checking those that exist."""

from collections.abc import Iterable
from datetime import timedelta
from importlib.util import find_spec

from django.conf import settings
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import (
    AuthorizationError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from kafka.protocol.metadata import MetadataRequest

from common.text import number_of
from messaging.exceptions import TopicMismatch, TransportUnavailable
from messaging.transport.kafka.cluster_admin import ask_cluster
from messaging.transport.kafka.connection import topic_name
from messaging.transport.kafka.error_messages import error_message
from messaging.transport.kafka.topic_settings import (
    TopicProblem,
    longest_life,
    problems_of,
    read_settings,
    settings_of_new_topics,
)


def has_fast_checksums() -> bool:
    """Whether `crc32c` is installed: without it a third of a relay's CPU and 43 % of a consumer's is checksums."""
    return find_spec("crc32c") is not None


def missing_topics(topics: Iterable[str]) -> list[str]:
    """Which of these topics the broker does not have.

    Raises:
        TransportUnavailable: the broker can't be reached, or rejects the log-in or the request; the message says which.
    """
    names = _names_of(topics)
    there = ask_cluster(lambda admin: _visible(admin, names))
    return [name for name in names if name not in there]


def ensure_topics(topics: Iterable[str]) -> list[str]:
    """Create the topics that do not exist; returns their names.

    Raises:
        TransportUnavailable: the broker can't be reached, or rejects the log-in or the request.
        TopicMismatch: a topic has fewer partitions or replicas than the settings ask for.
    """
    names = _names_of(topics)
    created: list[str] = []

    def ensure(admin: KafkaAdminClient) -> None:
        there = _visible(admin, names)
        for name in names:
            if name not in there and _create(admin, name):
                created.append(name)
        _check(admin, [name for name in names if name in there])

    ask_cluster(ensure)
    return created


def topic_problems(topics: Iterable[str]) -> list[TopicProblem]:
    """The wrong settings of existing topics.

    Raises:
        TransportUnavailable: the broker can't be reached, or rejects the log-in or the request.
    """
    names = _names_of(topics)
    found = ask_cluster(lambda admin: read_settings(admin, names))
    return [problem for name in names for problem in problems_of(name, found.get(name, {}))]


def longest_life_of_records(topics: Iterable[str]) -> timedelta | None:
    """For how long Kafka may deliver a record of these topics, at most; None: for ever.

    Raises:
        TransportUnavailable: the broker can't be reached, refuses the log-in, or does not let us read them.
    """
    names = _names_of(topics)
    return longest_life(ask_cluster(lambda admin: read_settings(admin, names)))


def _names_of(topics: Iterable[str]) -> list[str]:
    """The names of topics in Kafka, with their prefix, sorted."""
    return sorted(map(topic_name, topics))


def _visible(admin: KafkaAdminClient, names: list[str]) -> set[str]:
    """The given topics that exist.

    Raises:
        TransportUnavailable: the ACL to describe one is missing.
    """
    # The library's describe_topics also asks for authorized operations, and fails on a topic that it may not describe.
    response = admin.send_request(MetadataRequest[5](topics=names, allow_auto_topic_creation=False))
    errors = {name: error for error, name, _internal, _partitions in response.topics}
    if denied := [name for name in names if errors[name] == TopicAuthorizationFailedError.errno]:
        acl = f"Describe on topic {', '.join(denied)}"
        raise TransportUnavailable(error_message(TopicAuthorizationFailedError(), acl=acl))
    return {name for name in names if errors[name] != UnknownTopicOrPartitionError.errno}


def _create(admin: KafkaAdminClient, name: str) -> bool:
    """Create a topic; False if it exists: another process was faster, or the server that was asked did not know it."""
    topic = NewTopic(
        name,
        num_partitions=settings.KAFKA_TOPIC_PARTITIONS,
        replication_factor=settings.KAFKA_TOPIC_REPLICATION,
        topic_configs=settings_of_new_topics(),
    )
    try:
        admin.create_topics([topic], timeout_ms=10_000)
    except TopicAlreadyExistsError:
        return False
    except AuthorizationError as error:
        raise TransportUnavailable(error_message(error, acl=f"Create on topic {name}")) from error
    return True


def _check(admin: KafkaAdminClient, names: list[str]) -> None:
    for topic in admin.describe_topics(names) if names else []:
        name, partitions = topic["topic"], topic["partitions"]
        copies = min(len(partition["replicas"]) for partition in partitions)
        if len(partitions) < settings.KAFKA_TOPIC_PARTITIONS:
            raise TopicMismatch(
                f"topic {name} has {number_of(len(partitions), 'partition', 'partitions')}, KAFKA_TOPIC_PARTITIONS "
                f"asks for {settings.KAFKA_TOPIC_PARTITIONS}: add them with Kafka's tools while no order is under way"
            )
        if copies < settings.KAFKA_TOPIC_REPLICATION:
            raise TopicMismatch(
                f"topic {name} has {number_of(copies, 'copy', 'copies')}, KAFKA_TOPIC_REPLICATION asks for "
                f"{settings.KAFKA_TOPIC_REPLICATION}: reassign its partitions with Kafka's tools"
            )
