"""Creating and checking topics, and asking at start whether the broker talks to us."""

from collections.abc import Iterable
from importlib.util import find_spec

from django.conf import settings
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import (
    AuthorizationError,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from kafka.protocol.metadata import MetadataRequest

from messaging.exceptions import LogInRefused, TopicMismatch, TransportUnavailable
from messaging.transport.kafka.connection import MAX_MESSAGE_BYTES, connection_settings, topic_name
from messaging.transport.kafka.refusals import connection_problem, in_words


def has_fast_checksums() -> bool:
    """Whether `crc32c` is installed: without it a third of a relay's CPU and 43 % of a consumer's is checksums."""
    return find_spec("crc32c") is not None


def missing_topics(topics: Iterable[str]) -> list[str]:
    """Which of these topics the broker does not have.

    Raises:
        TransportUnavailable: the broker can't be reached, or refuses the log-in or a look; the message says which.
    """
    names = sorted(topic_name(topic) for topic in topics)
    with _Admin() as admin:
        there = _visible(admin, names)
    return [name for name in names if name not in there]


def ensure_topics(topics: Iterable[str]) -> list[str]:
    """Create the topics that are not there; the names of those created.

    Raises:
        TransportUnavailable: the broker can't be reached, or refuses the log-in, a look or the creation.
        TopicMismatch: a topic has fewer partitions or copies than the settings ask for.
    """
    names = sorted(topic_name(topic) for topic in topics)
    with _Admin() as admin:
        there = _visible(admin, names)
        created = [name for name in names if name not in there]
        for name in created:
            _create(admin, name)
        _check(admin, [name for name in names if name in there])
    return created


class _Admin:
    """A KafkaAdminClient, which is never lazy, closed at the end; its errors become ours."""

    def __enter__(self) -> KafkaAdminClient:
        try:
            self._client = KafkaAdminClient(**connection_settings(), request_timeout_ms=10_000)
        except (KafkaError, OSError) as error:
            if problem := connection_problem():
                raise LogInRefused(problem) from error
            raise TransportUnavailable(f"Kafka does not answer at {settings.KAFKA['bootstrap_servers']}") from error
        return self._client

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._client.close()
        if isinstance(error, KafkaError):
            raise TransportUnavailable(f"{type(error).__name__}: {error}") from error


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


def _create(admin: KafkaAdminClient, name: str) -> None:
    topic = NewTopic(
        name,
        num_partitions=settings.KAFKA_TOPIC_PARTITIONS,
        replication_factor=settings.KAFKA_TOPIC_REPLICATION,
        topic_configs={"max.message.bytes": str(MAX_MESSAGE_BYTES), "min.insync.replicas": str(_least_in_sync())},
    )
    try:
        admin.create_topics([topic], timeout_ms=10_000)
    except TopicAlreadyExistsError:
        return  # somebody else was faster
    except AuthorizationError as error:
        raise TransportUnavailable(in_words(error, right=f"Create on topic {name}")) from error


def _least_in_sync() -> int:
    """How many copies an event must be on before it counts as delivered: all but one, so that one broker may be away.

    Kafka's default is one: an event could then be acknowledged by a broker that is alone, and lost with it.
    """
    return max(1, settings.KAFKA_TOPIC_REPLICATION - 1)


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
