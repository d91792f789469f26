"""The log lines and counters about a batch. Lines have ids only, because bodies have personal data."""

from collections import defaultdict
from collections.abc import Collection, Iterable

import structlog

from common import tracing
from common.ids import texts_of_ids
from common.traceparents import trace_id_of
from messaging.consuming import dead_letters
from messaging.events import Envelope
from messaging.metrics import DEAD_LETTERED, HANDLED
from messaging.transport.base import Record

log = structlog.get_logger(__name__)

# Collectors of logs cut lines of more than 16 KiB.
_EVENTS_IN_A_LINE = 100
_TYPES_IN_A_LINE = 20


def report_handled(consumer: str, envelopes: Iterable[Envelope]) -> None:
    """Log a line for each type of event in a batch. Its lists of ids are parallel: the n-th are of the same event.

    A line for each event took a tenth of a consumer's time.
    """
    by_type: dict[str, list[Envelope]] = defaultdict(list)
    for envelope in envelopes:
        by_type[envelope.event.TYPE].append(envelope)
    for event_type, handled in by_type.items():
        HANDLED.labels(consumer, event_type).inc(len(handled))
        for start in range(0, len(handled), _EVENTS_IN_A_LINE):
            part = handled[start : start + _EVENTS_IN_A_LINE]
            log.info(
                "events_handled",
                consumer=consumer,
                type=event_type,
                order_ids=[envelope.key for envelope in part],
                event_ids=texts_of_ids(envelope.id for envelope in part),
                correlation_ids=[envelope.trace.correlation_id for envelope in part],
                **_trace_ids(part),
            )


def _trace_ids(envelopes: Iterable[Envelope]) -> dict[str, list[str]]:
    if tracing.tracer() is None:
        return {}
    return {"trace_ids": [trace_id_of(envelope.trace.traceparent) for envelope in envelopes]}


def report_waiting(consumer: str, records: Collection[Record]) -> None:
    if records:
        log.warning("events_wait_behind_dead_letters", consumer=consumer, events=len(records))


def report_deferred(consumer: str, records: Collection[Record]) -> None:
    if records:
        types = sorted({dead_letters.type_of(record) for record in records})[:_TYPES_IN_A_LINE]
        log.warning("events_deferred", consumer=consumer, events=len(records), types=types)


def report_dead(consumer: str, record: Record, error: Exception) -> None:
    DEAD_LETTERED.labels(consumer, type(error).__name__).inc()
    log.error(
        "event_dead_lettered",
        consumer=consumer,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        type=dead_letters.type_of(record),
        error=type(error).__name__,
    )
