"""Handling records: a whole batch in one transaction, and one by one where that fails."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction

from messaging import dead_letters, inbox
from messaging.events import Envelope, Event, Vocabulary
from messaging.exceptions import UndecodableEvent
from messaging.tracing import tracing
from messaging.transport.base import Record

log = structlog.get_logger(__name__)

Handler = Callable[[Sequence[Any]], None]  # of a list of events of one type


@dataclass(frozen=True)
class Consumer:
    """What an app reads: a consumer group, its topics, and what it does with each type of event.

    A handler gets events in the order of their keys, runs inside the transaction that claims them, and may see an
    order's events late, or twice under another id. `ignored` names the types on these topics that are none of this
    app's business.
    """

    name: str
    topics: Sequence[str]
    handlers: Mapping[type[Event], Handler]
    ignored: frozenset[str] = frozenset()

    def vocabulary(self) -> Vocabulary:
        return Vocabulary(handled=self.handlers, ignored=self.ignored)


class BatchHandler:
    """Applies records to the database on behalf of one consumer."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._vocabulary = consumer.vocabulary()

    def handle(self, records: Sequence[Record]) -> None:
        """Handle all records in one transaction; those that can't be read become dead letters in it.

        Raises:
            Exception: whatever a handler raises; nothing of the batch is done then.
        """
        unreadable: list[tuple[Record, UndecodableEvent]] = []
        envelopes: list[Envelope] = []
        for record in records:
            try:
                envelope = self._vocabulary.decode(headers=record.headers, body=record.value or b"")
            except UndecodableEvent as error:
                unreadable.append((record, error))
            else:
                envelopes += [envelope] if envelope else []
        with transaction.atomic():
            for record, reason in unreadable:
                dead_letters.store(self._consumer.name, record, reason, attempts=1)
            fresh = self._claim(envelopes)
            with tracing({envelope.key: envelope.trace for envelope in fresh}):
                for event_type, events in in_key_order(envelope.event for envelope in fresh):
                    self._consumer.handlers[event_type](events)
        self._report(fresh, unreadable)

    def set_aside(self, record: Record, error: Exception, *, attempts: int) -> None:
        """Make a dead letter of a record that failed again and again."""
        with transaction.atomic():
            dead_letters.store(self._consumer.name, record, error, attempts=attempts)
        self._report_dead(record, error)

    def _claim(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        if not envelopes:
            return []
        by_id = {envelope.id: envelope for envelope in envelopes}  # the same event twice in a batch counts once
        claimed = inbox.claim(self._consumer.name, by_id)
        return [envelope for envelope in by_id.values() if envelope.id in claimed]

    def _report(self, fresh: Iterable[Envelope], unreadable: Iterable[tuple[Record, Exception]]) -> None:
        for envelope in fresh:
            log.info(
                "event_handled",
                consumer=self._consumer.name,
                type=envelope.event.TYPE,
                event_id=str(envelope.id),
                order_id=envelope.key,
                correlation_id=envelope.trace.correlation_id,
            )
        for record, error in unreadable:
            self._report_dead(record, error)

    def _report_dead(self, record: Record, error: Exception) -> None:
        log.error(
            "event_dead_lettered",
            consumer=self._consumer.name,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            type=dead_letters.header(record.headers, "ce_type"),
            error=type(error).__name__,
        )


def in_key_order(events: Iterable[Event]) -> list[tuple[type[Event], list[Event]]]:
    """Group events by type into as few lists as possible, such that the events of a key keep their order.

    Each event joins the first list of its type that does not come before an earlier event of its key.
    """
    groups: list[tuple[type[Event], list[Event]]] = []
    last_group: dict[str, int] = {}
    for event in events:
        key = event.key
        start = last_group.get(key, 0)
        index = next((i for i in range(start, len(groups)) if groups[i][0] is type(event)), len(groups))
        if index == len(groups):
            groups.append((type(event), []))
        groups[index][1].append(event)
        last_group[key] = index
    return groups
