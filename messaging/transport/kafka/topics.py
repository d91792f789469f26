"""Creating and checking topics, and asking at start whether the broker talks to us."""

from collections.abc import Iterable
from importlib.util import find_spec

from django.conf import settings
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

from messaging.exceptions import TopicMismatch
from messaging.transport.kafka.admin import ask_cluster
from messaging.transport.kafka.connection import topic_name
from messaging.transport.kafka.topic_settings import (
    TopicProblem,
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
        TransportUnavailable: the broker can't be reached or refuses the log-in; the message says which.
    """
    there = set(ask_cluster(lambda admin: admin.list_topics()))
    return sorted({topic_name(topic) for topic in topics} - there)


def ensure_topics(topics: Iterable[str]) -> list[str]:
    """Create the topics that are not there; the names of those created.

    Raises:
        TransportUnavailable: the broker can't be reached or refuses the log-in.
        TopicMismatch: a topic has fewer partitions or copies than the settings ask for.
    """
    names = sorted(topic_name(topic) for topic in topics)
    created: list[str] = []

    def ensure(admin: KafkaAdminClient) -> None:
        there = set(admin.list_topics())
        for name in names:
            if name not in there and _create(admin, name):
                created.append(name)
        _check(admin, [name for name in names if name in there])

    ask_cluster(ensure)
    return created


def topic_problems(topics: Iterable[str]) -> list[TopicProblem]:
    """What is wrong with the settings of topics that are there.

    Raises:
        TransportUnavailable: the broker can't be reached, refuses the log-in, or does not let us read them.
    """
    names = sorted(topic_name(topic) for topic in topics)
    found = ask_cluster(lambda admin: read_settings(admin, names))
    return [problem for name in names for problem in problems_of(name, found.get(name, {}))]


def _create(admin: KafkaAdminClient, name: str) -> bool:
    """False if it is there already: somebody else was faster, or the server that was asked did not know it yet."""
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
    return True


def _check(admin: KafkaAdminClient, names: list[str]) -> None:
    for topic in admin.describe_topics(names) if names else []:
        name, partitions = topic["topic"], topic["partitions"]
        copies = min(len(partition["replicas"]) for partition in partitions)
        if len(partitions) < settings.KAFKA_TOPIC_PARTITIONS:
            raise TopicMismatch(
                f"topic {name} has {len(partitions)} partitions, KAFKA_TOPIC_PARTITIONS asks for "
                f"{settings.KAFKA_TOPIC_PARTITIONS}: add them with Kafka's tools while no order is under way"
            )
        if copies < settings.KAFKA_TOPIC_REPLICATION:
            raise TopicMismatch(
                f"topic {name} has {copies} copies, KAFKA_TOPIC_REPLICATION asks for "
                f"{settings.KAFKA_TOPIC_REPLICATION}: reassign its partitions with Kafka's tools"
            )
