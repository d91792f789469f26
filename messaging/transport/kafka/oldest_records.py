"""When records were published: one client looks at those of all partitions at once."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping

from kafka import KafkaConsumer, TopicPartition

Place = tuple[TopicPartition, int]  # a partition, and an offset in it

FETCH_BYTES = 64 * 1024  # of a partition at a time; Kafka sends a larger record whole
_FETCH_WITHIN = 2.0  # seconds, for all of them


def publication_times(reader: KafkaConsumer, places: Iterable[Place]) -> Mapping[Place, float]:
    """When the records at these places were published, in seconds since 1970, as far as they come in time.

    Several places may be of the same partition: those are looked at one after the other.
    """
    wanted: dict[TopicPartition, list[int]] = defaultdict(list)
    for partition, offset in set(places):
        wanted[partition].append(offset)
    reader.assign(list(wanted))
    for partition, offsets in wanted.items():
        reader.seek(partition, offsets[-1])
    published: dict[Place, float] = {}
    until = time.monotonic() + _FETCH_WITHIN
    while any(wanted.values()) and time.monotonic() < until:
        for partition, records in reader.poll(timeout_ms=200).items():
            offsets = wanted[partition]
            published[partition, offsets.pop()] = records[0].timestamp / 1000
            if offsets:
                reader.seek(partition, offsets[-1])
            else:
                reader.pause(partition)
    return published
