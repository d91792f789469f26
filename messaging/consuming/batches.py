"""One batch of records in one transaction: events are claimed and given to handlers, the others become dead letters."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction

from common.tracing import BatchSpan, Part
from common.tracing import batch as batch_span
from messaging.consuming import consecutive_failures, dead_letters, inbox, reporting
from messaging.consuming.event_ids import handling
from messaging.consuming.verification import Records, verify
from messaging.crash_points import reached
from messaging.events import Envelope, Event, EventRegistry
from messaging.exceptions import InvalidMessage, TooManyDeadLetters, UndecodableEvent, UnknownEventType
from messaging.tracing import messaging_attributes, sampled_parts, tracing
from messaging.transport.base import Record

_KEY_LENGTH = 64  # characters that the inbox takes

Handler = Callable[[Sequence[Any]], None]  # is called with events of the types that it is registered for


@dataclass(frozen=True)
class Consumer:
    """A consumer group of an app: its topics, and the handler of each type of event.

    A handler runs inside the transaction that claims its events. Events of a key come in their order; after a dead
    letter they may come late, or twice under another id.

    Attributes:
        ignored: types on these topics that this app has no use for.
        records_of: the publishers' records that events are compared with, by event type.
        housekeeping: called by each member of the group every `runtime.HOUSEKEEPING_INTERVAL` seconds.
    """

    name: str
    topics: Sequence[str]
    handlers: Mapping[type[Event], Handler]
    ignored: frozenset[str] = frozenset()
    records_of: Mapping[str, Records] = field(default_factory=dict)
    housekeeping: Callable[[], None] | None = None

    def registry(self) -> EventRegistry:
        return EventRegistry(handled=self.handlers, ignored=self.ignored)


@dataclass
class _Sorted:
    """The records of a batch by what is to be done with them."""

    envelopes: list[Envelope] = field(default_factory=list)
    invalid: list[tuple[Record, InvalidMessage]] = field(default_factory=list)
    waiting: list[Record] = field(default_factory=list)
    deferred: list[Record] = field(default_factory=list)


class BatchHandler:
    """Applies records to the database on behalf of one consumer."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._registry = consumer.registry()
        self.known_types = self._registry.types
        self.failures_in_a_row = 0  # of all members of the group, as it was seen last

    def handle(self, records: Sequence[Record]) -> None:
        """Handle all records in one transaction.

        A record that is invalid (it can't be decoded, or contradicts its publisher's records) becomes a dead letter in
        it. So does a record whose key has an open dead letter: it has to wait behind that one. An event of a type that
        only a later version knows is deferred until that version runs, and nothing waits for it here. What this app
        has no use for takes no transaction, and waits for nothing either.

        Raises:
            Exception: whatever a handler raises; nothing of the batch is done then.
        """
        records = [record for record in records if not self._registry.ignores(record.headers)]
        if not records:
            return
        with self._span("process", records):
            self._handle(records)

    def _handle(self, records: Sequence[Record]) -> None:
        reached("batch.before_claim")
        with transaction.atomic():
            keys = {dead_letters.key_of(record) for record in records}
            held = dead_letters.held_keys(self._consumer.name, keys, known_types=self.known_types)
            batch = self._sort(records, held)
            dead_letters.store_failed(self._consumer.name, batch.invalid, attempts=1)
            dead_letters.store_waiting(self._consumer.name, batch.waiting)
            dead_letters.store_deferred(self._consumer.name, batch.deferred)
            fresh = self._apply(batch.envelopes)
            reached("batch.before_commit")
        reached("batch.after_commit")
        if fresh:
            self.failures_in_a_row = 0
        self._report(fresh, batch)

    def replay(self, record: Record) -> None:
        """Handle a record that was a dead letter, in the caller's transaction.

        Raises:
            Exception: InvalidMessage, or whatever the handler raises.
        """
        with self._span("replay", [record]):
            ((_, outcome),) = self._read([record])
            if isinstance(outcome, InvalidMessage):
                raise outcome
            self._apply([outcome] if outcome else [])

    def mark_handled(self, record: Record) -> None:
        """Claim an event in the inbox without handling it, in the caller's transaction, so that a redelivery has no
        effect.

        An invalid record has no effect anyway, and is not claimed: its id may be that of a valid event.
        """
        ((_, outcome),) = self._read([record])
        if isinstance(outcome, Envelope):
            inbox.claim(self._consumer.name, {outcome.id: outcome.key})
        elif isinstance(outcome, UnknownEventType):
            inbox.claim(self._consumer.name, {outcome.event_id: dead_letters.key_of(record)[:_KEY_LENGTH]})

    def dead_letter(self, record: Record, error: Exception, *, attempts: int) -> None:
        """Make a dead letter of a record that failed `attempts` times, unless another member has handled it meanwhile.

        Raises:
            TooManyDeadLetters: too many events in a row have failed before; the record stays uncommitted in its topic.
        """
        with transaction.atomic():
            envelope = self._decode_or_error(record)
            if isinstance(envelope, Envelope) and inbox.handled(self._consumer.name, {envelope.id}):
                return
            self.failures_in_a_row = consecutive_failures.count_of(self._consumer.name)
            self.check_failures()
            dead_letters.store_failed(self._consumer.name, [(record, error)], attempts=attempts)
            failures = consecutive_failures.add(self._consumer.name)
        self.failures_in_a_row = failures
        reporting.report_dead(self._consumer.name, record, error)

    def check_failures(self) -> None:
        """Raises:
        TooManyDeadLetters: CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW events in a row have failed.
        """
        if self.failures_in_a_row >= settings.CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW:
            raise TooManyDeadLetters(
                f"{self._consumer.name}: {self.failures_in_a_row} events in a row could not be handled, and until one "
                "is, no other is made a dead letter"
            )

    def _span(self, doing: str, records: Iterable[Record]) -> AbstractContextManager[BatchSpan]:
        name = self._consumer.name
        return batch_span(
            f"{name} {doing}", self._parts(records), "consumer", messaging_attributes("process", consumer=name)
        )

    def _parts(self, records: Iterable[Record]) -> Iterator[Part]:
        """The traces that a batch is part of: not those of events that this app has no use for."""
        parts = sampled_parts(records)
        return (part for part in parts if part.event not in self._consumer.ignored)

    def _sort(self, records: Sequence[Record], held: set[str]) -> _Sorted:
        result = _Sorted()
        resolved = cache(lambda: dead_letters.resolved(self._consumer.name, records))  # queried only if it is needed
        for record, outcome in self._read(records):
            key = dead_letters.key_of(record)
            if key in held and not isinstance(outcome, UnknownEventType):
                result.waiting.append(record)
            elif isinstance(outcome, Envelope):
                result.envelopes.append(outcome)
            elif outcome is None or dead_letters.identity(record) in resolved():
                continue  # resolved once: a second dead letter would hold up its key, and nobody would look at it again
            elif isinstance(outcome, UnknownEventType):
                result.deferred.append(record)
            else:
                result.invalid.append((record, outcome))
                held |= {key} - {""}
        return result

    def _read(self, records: Sequence[Record]) -> list[tuple[Record, Envelope | InvalidMessage | None]]:
        """Each record with its verified event, None if it is to be skipped, or the reason why it is invalid."""
        read = [self._decode_or_error(record) for record in records]
        envelopes = [outcome for outcome in read if isinstance(outcome, Envelope)]
        verified = self._skip_handled(envelopes, verify(envelopes, self._consumer.records_of))
        outcomes = iter(verified)
        return [
            (record, next(outcomes) if isinstance(outcome, Envelope) else outcome)
            for record, outcome in zip(records, read, strict=True)
        ]

    def _skip_handled(
        self, envelopes: Sequence[Envelope], verified: Sequence[Envelope | InvalidMessage]
    ) -> list[Envelope | InvalidMessage | None]:
        """Each outcome, None for an event that was handled before: the publisher's record may have changed since."""
        pairs = list(zip(envelopes, verified, strict=True))
        refuted = {envelope.id for envelope, outcome in pairs if isinstance(outcome, InvalidMessage)}
        handled = inbox.handled(self._consumer.name, refuted)
        return [None if envelope.id in handled else outcome for envelope, outcome in pairs]

    def _decode_or_error(self, record: Record) -> Envelope | UndecodableEvent | None:
        try:
            return self._registry.decode(headers=record.headers, body=record.value or b"")
        except UndecodableEvent as error:
            return error

    def _apply(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Claim events and run the handlers of those that were not handled before; returns these."""
        fresh = self._claim(envelopes)
        reached("batch.after_claim")
        with tracing({envelope.key: envelope.trace for envelope in fresh}), handling(fresh):
            for handler, events in in_key_order((envelope.event for envelope in fresh), self._consumer.handlers):
                handler(events)
        return fresh

    def _claim(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        if not envelopes:
            return []
        by_id = {envelope.id: envelope for envelope in envelopes}  # the same event twice in a batch counts once
        claimed = inbox.claim_to_handle(self._consumer.name, {each.id: each.key for each in by_id.values()})
        return [envelope for envelope in by_id.values() if envelope.id in claimed]

    def _report(self, fresh: Iterable[Envelope], batch: _Sorted) -> None:
        name = self._consumer.name
        reporting.report_handled(name, fresh)
        for record, error in batch.invalid:
            reporting.report_dead(name, record, error)
        reporting.report_waiting(name, batch.waiting)
        reporting.report_deferred(name, batch.deferred)


def in_key_order(events: Iterable[Event], handlers: Mapping[type[Event], Handler]) -> list[tuple[Handler, list[Event]]]:
    """Group events by their handler into as few lists as possible, such that the events of a key keep their order.

    Each event joins the first list of its handler that does not come before an earlier event of its key.
    """
    groups: list[tuple[Handler, list[Event]]] = []
    last_group: dict[str, int] = {}
    for event in events:
        key, handler = event.key, handlers[type(event)]
        start = last_group.get(key, 0)
        index = next((i for i in range(start, len(groups)) if groups[i][0] is handler), len(groups))
        if index == len(groups):
            groups.append((handler, []))
        groups[index][1].append(event)
        last_group[key] = index
    return groups
