"""Creating and checking topics, and asking at start whether the broker talks to us."""

from collections.abc import Iterable
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

from messaging.exceptions import TopicMismatch, TransportUnavailable
from messaging.transport.kafka.cluster_admin import ask_cluster
from messaging.transport.kafka.connection import topic_name
from messaging.transport.kafka.refusals import in_words
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
        TransportUnavailable: the broker can't be reached, or refuses the log-in or a look; the message says which.
    """
    names = sorted(topic_name(topic) for topic in topics)
    there = ask_cluster(lambda admin: _visible(admin, names))
    return [name for name in names if name not in there]


def ensure_topics(topics: Iterable[str]) -> list[str]:
    """Create the topics that are not there; the names of those created.

    Raises:
        TransportUnavailable: the broker can't be reached, or refuses the log-in, a look or the creation.
        TopicMismatch: a topic has fewer partitions or copies than the settings ask for.
    """
    names = sorted(topic_name(topic) for topic in topics)
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
    """What is wrong with the settings of topics that are there.

    Raises:
        TransportUnavailable: the broker can't be reached, refuses the log-in, or does not let us read them.
    """
    names = sorted(topic_name(topic) for topic in topics)
    found = ask_cluster(lambda admin: read_settings(admin, names))
    return [problem for name in names for problem in problems_of(name, found.get(name, {}))]


def _visible(admin: KafkaAdminClient, names: list[str]) -> set[str]:
    """Those of the topics that are there.

    Raises:
        TransportUnavailable: we may not know of one whether it is.
    """
    # describe_topics asks for rights too, and fails on the answer about a topic where there are none.
    answer = admin.send_request(MetadataRequest[5](topics=names, allow_auto_topic_creation=False))
    errors = {name: error for error, name, _internal, _partitions in answer.topics}
    if denied := [name for name in names if errors[name] == TopicAuthorizationFailedError.errno]:
        right = f"Describe on topic {', '.join(denied)}"
        raise TransportUnavailable(in_words(TopicAuthorizationFailedError(), right=right))
    return {name for name in names if errors[name] != UnknownTopicOrPartitionError.errno}


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
    except AuthorizationError as error:
        raise TransportUnavailable(in_words(error, right=f"Create on topic {name}")) from error
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
