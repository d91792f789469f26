"""Verifying events against the records of the app that publishes them.

A broker without log-in takes events from anybody, and one with ACLs from whoever has a password. A publisher commits
what an event says before the event is sent, so its records have it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from messaging.events import Envelope
from messaging.exceptions import UnrecordedEvent

# What a publisher's records say, by `Event.record_id` (ids of orders, or numbers of shipments or credit notes): objects
# with the attributes of the event, none for an id under which no such event can have been published.
Records = Callable[[Collection[Any]], Mapping[Any, Any]]


def verify(envelopes: Iterable[Envelope], records_of: Mapping[str, Records]) -> list[Envelope | UnrecordedEvent]:
    """Each event as its publisher has recorded it, or the error that says how it differs. One query for each type.

    Args:
        records_of: the publishers' records by event type. Events of other types are not verified.
    """
    envelopes = list(envelopes)
    records = {event_type: records_of[event_type](ids) for event_type, ids in _ids_by_type(envelopes, records_of)}
    return [_verified(envelope, records) for envelope in envelopes]


def _ids_by_type(
    envelopes: Iterable[Envelope], records_of: Mapping[str, Records]
) -> Iterable[tuple[str, Collection[Any]]]:
    ids: dict[str, set[Any]] = defaultdict(set)
    for envelope in envelopes:
        if envelope.event.TYPE in records_of:
            ids[envelope.event.TYPE].add(envelope.event.record_id)
    return ids.items()


def _verified(envelope: Envelope, records: Mapping[str, Mapping[Any, Any]]) -> Envelope | UnrecordedEvent:
    event = envelope.event
    if event.TYPE not in records:
        return envelope
    record = records[event.TYPE].get(event.record_id)
    if record is None:
        return UnrecordedEvent(f"{event.TYPE}: its publisher knows of no such event of this order")
    recorded = msgspec.convert(record, type(event), from_attributes=True)
    if recorded == event:
        return msgspec.structs.replace(envelope, event=recorded)
    return UnrecordedEvent(f"{event.TYPE}: its publisher has recorded another {_differences(event, recorded)}")


def _differences(event: msgspec.Struct, recorded: msgspec.Struct) -> str:
    """The fields that differ, without their values: those may be somebody's personal data."""
    fields = event.__struct_fields__
    return ", ".join(name for name in fields if getattr(event, name) != getattr(recorded, name))
