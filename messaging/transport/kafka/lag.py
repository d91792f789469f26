"""How far consumer groups are behind, as the cluster knows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from messaging.transport.kafka.group_state import groups


@dataclass(frozen=True, slots=True)
class ConsumerLag:
    """A consumer's TopicLag, for lists of all consumers.

    Attributes:
        members: of the consumer's group, whatever they read.
    """

    consumer: str
    topic: str
    records: int
    seconds: float
    members: int
    lost: int = 0


def lags(readers: Mapping[str, Sequence[str]]) -> list[ConsumerLag]:
    """The lag of each consumer in each of its topics; `readers` has the topics of consumers by their names.

    Raises:
        TransportUnavailable: the cluster can't be reached, or rejects the log-in or the request.
    """
    return [
        ConsumerLag(group.consumer, topic.topic, topic.records, topic.seconds, group.members, topic.lost)
        for group in groups(readers)
        for topic in group.topics
    ]
