"""How far consumer groups are behind, as the cluster knows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from messaging.transport.kafka.group_state import groups


@dataclass(frozen=True, slots=True)
class Lag:
    """What a consumer group has yet to commit of a topic.

    Attributes:
        events: how many; groups commit once a second, so a few of a busy one are handled already.
        seconds: since the oldest of them was published; 0 where there is none, or it can't be fetched.
        members: of the group, whatever they read.
        lost: how many events Kafka deleted before they were handled.
    """

    consumer: str
    topic: str
    events: int
    seconds: float
    members: int
    lost: int = 0


def lags(readers: Mapping[str, Sequence[str]]) -> list[Lag]:
    """The lag of each consumer in each of its topics; `readers` has the topics of consumers by their names.

    Raises:
        TransportUnavailable: the cluster can't be reached, or rejects the log-in or the request.
    """
    return [
        Lag(group.consumer, topic.topic, topic.records, topic.seconds, group.members, topic.lost)
        for group in groups(readers)
        for topic in group.topics
    ]
