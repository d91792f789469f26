"""The names of Kafka headers that are not UTF-8.

A broker takes any bytes for a name. The library ends in CorruptRecordError over them, each time anew: one such record,
from whatever producer, would stop every consumer of its topic for good.
"""

from typing import Any

from kafka.record import memory_records
from kafka.record.default_records import DefaultRecordBatch


class _Name(bytes):
    """The bytes of a name, of which those that are not UTF-8 are escaped."""

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


class _EscapingBuffer(bytes):
    """The bytes of a batch, whose slices can be decoded whatever they are."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return _Name(found) if isinstance(found, bytes) else found


class _Batch(DefaultRecordBatch):  # type: ignore[misc]
    """A batch that can be read to its end. Only one with such a name is read from the slower buffer."""

    _buffer: Any

    def _read_msg(self) -> Any:
        try:
            return super()._read_msg()
        except UnicodeDecodeError:
            self._buffer = _EscapingBuffer(self._buffer)
        return super()._read_msg()


def escape_names() -> None:
    """Have all consumers of this process escape what is not UTF-8 in the names of headers."""
    memory_records.DefaultRecordBatch = _Batch
