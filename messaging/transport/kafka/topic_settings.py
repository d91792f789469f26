"""The settings that topics are created with, and the check of those of existing topics."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import NoError, UnknownTopicOrPartitionError, for_code

from messaging.exceptions import TransportUnavailable
from messaging.transport.kafka.connection import MAX_MESSAGE_BYTES

RETENTION_MS = 7 * 24 * 3600 * 1000  # a consumer that is down for longer misses events; it is Kafka's default, too

BROKER_TIME = "LogAppendTime"
_Settings = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TopicProblem:
    """A wrong setting of a topic.

    Attributes:
        is_grave: events that Kafka has acknowledged may be lost, or can't be sent at all, while all processes are well.
            Otherwise only consumers that are away for too long miss some.
    """

    topic: str
    setting: str
    value: str
    expected: str
    is_grave: bool

    def __str__(self) -> str:
        return f"topic {self.topic} has {self.setting} = {self.value}, and should have {self.expected}"


def min_insync_replicas() -> int:
    """How many replicas must have an event before it is acknowledged: all but one, so that one broker may be down.

    With Kafka's default of one, an event could be acknowledged by a single broker, and lost with it.
    """
    return max(1, settings.KAFKA_TOPIC_REPLICATION - 1)


def settings_of_new_topics() -> dict[str, str]:
    """The settings, among them that records bear the broker's time.

    With the time of who sends them, Kafka would take nothing from a machine whose clock is an hour ahead, and
    delete too soon what one whose clock is behind has sent.
    """
    return {
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
        "min.insync.replicas": str(min_insync_replicas()),
        "cleanup.policy": "delete",
        "retention.ms": str(RETENTION_MS),
        "retention.bytes": "-1",
        "message.timestamp.type": BROKER_TIME,
        "unclean.leader.election.enable": "false",
    }


def problems_of(topic: str, found: _Settings) -> list[TopicProblem]:
    """The wrong settings of a topic. Settings that the broker does not tell are not checked."""
    replicas = f"{min_insync_replicas()} to {settings.KAFKA_TOPIC_REPLICATION}"
    checks = (  # setting, what it should be, whether it is, whether it is grave
        ("cleanup.policy", "delete: others keep one event of an order", lambda value: value == "delete", True),
        ("min.insync.replicas", f"{replicas} (KAFKA_TOPIC_REPLICATION)", _is_enough_in_sync, True),
        ("max.message.bytes", f"{MAX_MESSAGE_BYTES} at least", lambda value: int(value) >= MAX_MESSAGE_BYTES, True),
        ("unclean.leader.election.enable", "false", lambda value: value == "false", True),
        ("retention.ms", f"{RETENTION_MS} at least, or -1", _is_long_enough, False),
        ("retention.bytes", "-1: consumers that are away miss what is deleted", lambda value: int(value) < 0, False),
        ("message.timestamp.type", f"{BROKER_TIME}: a publisher's clock may be wrong", _is_brokers_time, False),
    )
    return [
        TopicProblem(topic, setting, found[setting], expected, is_grave)
        for setting, expected, is_right, is_grave in checks
        if setting in found and not is_right(found[setting])
    ]


def longest_life(settings_by_topic: Mapping[str, _Settings]) -> timedelta | None:
    """How long a record may be there, at most; None: for ever.

    A segment goes `retention.ms` after its last record, and records may go on coming to it for `segment.ms`.
    """
    lives = [
        (int(found["retention.ms"]), int(found["segment.ms"]))
        for found in settings_by_topic.values()
        if "retention.ms" in found and "segment.ms" in found
    ]
    if any(retention < 0 for retention, _ in lives):
        return None
    return timedelta(milliseconds=max(map(sum, lives), default=RETENTION_MS))


def read_settings(admin: KafkaAdminClient, topics: Iterable[str]) -> dict[str, _Settings]:
    """The settings of topics, by topic; topics that are just being created, and not known yet, are left out.

    Raises:
        TransportUnavailable: the broker does not let us read them.
    """
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
    found: dict[str, _Settings] = {}
    for response in admin.describe_configs(resources) if resources else []:
        for code, message, _, topic, entries in response.resources:
            error = for_code(code)
            if error is UnknownTopicOrPartitionError:
                continue
            if error is not NoError:
                raise TransportUnavailable(f"topic {topic}: its settings can't be read: {message or error.__name__}")
            found[topic] = {entry[0]: entry[1] for entry in entries}
    return found


def _is_enough_in_sync(value: str) -> bool:
    return min_insync_replicas() <= int(value) <= settings.KAFKA_TOPIC_REPLICATION


def _is_brokers_time(value: str) -> bool:
    return value == BROKER_TIME


def _is_long_enough(value: str) -> bool:
    return int(value) < 0 or int(value) >= RETENTION_MS
