"""When the oldest records were published, beside one that is damaged on a broker's disk."""

from types import SimpleNamespace
from typing import Any

from kafka import TopicPartition
from kafka.errors import CorruptRecordError

from messaging.transport.kafka.oldest_records import stamps_of

WHOLE, DAMAGED = TopicPartition("orders", 0), TopicPartition("orders", 1)


class Reader:
    """A consumer of the library: one that has come to a damaged record does not return from the next poll."""

    def __init__(self) -> None:
        self._polls = 0

    def poll(self, *, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        self._polls += 1
        match self._polls:
            case 1:
                return {WHOLE: [SimpleNamespace(timestamp=5000, headers=[])]}
            case 2:
                raise CorruptRecordError("Record batch failed crc check")
        raise AssertionError("it would hang")

    def assign(self, partitions: list[TopicPartition]) -> None: ...

    def seek(self, partition: TopicPartition, offset: int) -> None: ...

    def pause(self, partition: TopicPartition) -> None: ...


def test_beside_a_damaged_record_those_that_were_read_have_their_times():
    found = stamps_of(Reader(), [(WHOLE, 3), (DAMAGED, 40)])

    assert [(place, stamps.appended) for place, stamps in found.items()] == [((WHOLE, 3), 5.0)]
