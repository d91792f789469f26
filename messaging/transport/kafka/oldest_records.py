"""When records were published: one client looks at those of all partitions at once."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CorruptRecordError

from messaging.events import Headers

Place = tuple[TopicPartition, int]  # a partition, and an offset in it

FETCH_BYTES = 64 * 1024  # of a partition at a time; Kafka sends a larger record whole
_FETCH_WITHIN = 2.0  # seconds, for all of them
_CLOCKS_DIFFER = 2.0  # seconds, at most, between two clocks that are well


@dataclass(frozen=True, slots=True)
class Stamps:
    """The times of a record, in seconds since 1970.

    Attributes:
        appended: when its broker took it, by the broker's clock.
        made: when its event was made, by the clock of whoever made it; None for a record that is no event.
    """

    appended: float
    made: float | None

    def wrong_by(self, now: float) -> float:
        """The seconds by which the broker's clock was ahead at least, below 0 if it was behind; 0 if nothing shows it.

        Nothing is published after now, nor before it is made.
        """
        if self.appended > now + _CLOCKS_DIFFER:
            return self.appended - now
        if self.made is not None and self.appended + _CLOCKS_DIFFER < self.made <= now + _CLOCKS_DIFFER:
            return self.appended - self.made
        return 0.0

    def published(self, now: float) -> float:
        """When it was published; where the broker's clock is wrong, when its event was made, which is before that."""
        if not self.wrong_by(now):
            return self.appended
        return now if self.made is None else min(self.made, now)


def stamps_of(reader: KafkaConsumer, places: Iterable[Place]) -> Mapping[Place, Stamps]:
    """The times of the records at these places, as far as they come in time, and before one that can't be read.

    Several places may be of the same partition: those are looked at one after the other.
    """
    wanted: dict[TopicPartition, list[int]] = defaultdict(list)
    for partition, offset in set(places):
        wanted[partition].append(offset)
    reader.assign(list(wanted))
    for partition, offsets in wanted.items():
        reader.seek(partition, offsets[-1])
    found: dict[Place, Stamps] = {}
    until = time.monotonic() + _FETCH_WITHIN
    while any(wanted.values()) and time.monotonic() < until:
        try:
            polled = reader.poll(timeout_ms=200)
        except CorruptRecordError:  # damaged on its broker's disk. Polled again, the library would never return
            break
        for partition, records in polled.items():
            offsets = wanted[partition]
            found[partition, offsets.pop()] = Stamps(records[0].timestamp / 1000, _made(records[0].headers))
            if offsets:
                reader.seek(partition, offsets[-1])
            else:
                reader.pause(partition)
    return found


def _made(headers: Headers) -> float | None:
    """When the event in a record was made; None if it does not say."""
    try:
        return datetime.fromisoformat((dict(headers).get("ce_time") or b"").decode()).timestamp()
    except (ValueError, OverflowError):  # no event of ours: whoever handles it says more
        return None
