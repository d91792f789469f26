"""Kafka: whether it is there, as it should be, and whether consumers keep up."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from common.text import number_of
from messaging.exceptions import TransportUnavailable
from messaging.transport.kafka.broker_clocks import clocks_of_brokers
from messaging.transport.kafka.cluster_state import (
    TopicState,
    brokers_and_topics,
    clock_skew,
    disks,
)
from messaging.transport.kafka.group_state import GroupState, groups
from messaging.transport.kafka.servers import bootstrap_servers, why_not_reached
from messaging.transport.kafka.topic_settings import TopicProblem, min_insync_replicas, settings_of_new_topics
from messaging.transport.kafka.topics import topic_problems
from operations.doctor.finding import Finding, clock, disk, ok, problem, unknown, warning
from operations.monitoring.counts import TOO_LONG
from operations.pipeline import CONSUMERS, TOPICS
from operations.retention.kinds import INBOX
from operations.retention.topics import why_not

_RESPONSE_TIMEOUT = 3.0  # seconds


def look_at_kafka() -> Iterator[Finding]:
    """Findings about Kafka; if no server can be reached, only that."""
    servers = bootstrap_servers()
    failures = _failures(servers)
    if len(failures) == len(servers):
        for reason in failures:
            yield problem("kafka", reason, "is the broker running? mend KAFKA_BOOTSTRAP_SERVERS, DNS or the firewall")
        return
    for reason in failures:
        yield warning("kafka", reason, "the others are used meanwhile")
    try:
        brokers, topics = brokers_and_topics(TOPICS)
    except TransportUnavailable as error:
        yield problem("kafka", str(error), "start those that are away" if failures else "see docs/kafka-security.md")
        return
    unreachable = _failures(brokers)
    yield from _brokers(brokers, unreachable)
    if len(brokers) - len(unreachable) < min_insync_replicas():
        return  # what the others know is of before, and most of it is led by those that are away
    yield from _topics(topics)
    if not all(topic.is_there for topic in topics):
        return
    for name, check in _CHECKS.items():
        yield from _as_findings(name, check)


def _failures(servers: Sequence[str]) -> list[str]:
    """Why those of the servers that don't respond do not. All are asked at once, each for as long as it may take."""
    with ThreadPoolExecutor(max_workers=max(1, len(servers))) as pool:
        found = pool.map(lambda server: why_not_reached(server, timeout=_RESPONSE_TIMEOUT), servers)
    return [reason for reason in found if reason]


def _as_findings(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except TransportUnavailable as error:
        yield unknown(name, str(error))


def _brokers(brokers: Sequence[str], unreachable: Sequence[str]) -> Iterator[Finding]:
    """Findings about brokers at the addresses that they announce, to which clients go.

    Args:
        unreachable: why each of those that are not reached there is not.
    """
    known = bootstrap_servers()
    if len(brokers) > 1 and len(known) == 1 and known[0] in brokers:  # else it may lead to any of them, as by DNS
        yield warning(
            "kafka",
            f"KAFKA_BOOTSTRAP_SERVERS names one of {len(brokers)} brokers: while that one is away, whoever starts or "
            "looks finds none",
            f"name several: {','.join(brokers)}",
        )
    for reason in unreachable:
        yield problem(
            "kafka",
            f"a broker announces itself there, and {reason}",
            "start it; if it is well, mend its advertised.listeners",
        )
    reached, copies, least = len(brokers) - len(unreachable), settings.KAFKA_TOPIC_REPLICATION, min_insync_replicas()
    if reached < copies:
        detail = f"{number_of(reached, 'broker is', 'brokers are')} reached, and topics are to have "
        detail += number_of(copies, "copy", "copies")
        if reached < least:
            detail += f". Kafka takes no event before {least} are; orders are accepted, and theirs wait in the outbox"
        yield problem("kafka", detail, "start the others")
    elif not unreachable:
        yield ok("kafka", f"{number_of(len(brokers), 'broker', 'brokers')}: {', '.join(brokers)}")


def _topics(topics: list[TopicState]) -> Iterator[Finding]:
    found = [finding for topic in topics for finding in _topic(topic)]
    yield from found or [ok("topics", f"{', '.join(topic.name for topic in topics)} have their partitions and copies")]


def _topic(topic: TopicState) -> Iterator[Finding]:
    if not topic.is_there:
        yield problem("topics", f"topic {topic.name} is not there", "manage.py ensure_topics")
        return
    if topic.without_leader:
        yield problem(
            "topics",
            f"{number_of(topic.without_leader, 'partition has', 'partitions have')} no leader in {topic.name}: nothing "
            "can be sent there",
            "start the brokers that have them",
        )
    if topic.out_of_sync:
        yield warning(
            "topics",
            f"of {number_of(topic.out_of_sync, 'partition', 'partitions')} of {topic.name} a copy is not in sync",
            "is a broker away?",
        )
    if topic.partitions < settings.KAFKA_TOPIC_PARTITIONS:
        yield warning(
            "topics",
            f"topic {topic.name} has {number_of(topic.partitions, 'partition', 'partitions')}, "
            f"KAFKA_TOPIC_PARTITIONS asks for {settings.KAFKA_TOPIC_PARTITIONS}",
            "add them with Kafka's tools while no order is under way",
        )
    if topic.copies < settings.KAFKA_TOPIC_REPLICATION:
        yield problem(
            "topics",
            f"topic {topic.name} has {number_of(topic.copies, 'copy', 'copies')}, KAFKA_TOPIC_REPLICATION asks for "
            f"{settings.KAFKA_TOPIC_REPLICATION}",
            "reassign its partitions with Kafka's tools",
        )


def _settings_of_topics() -> Iterator[Finding]:
    found = topic_problems(TOPICS)
    for each in found:
        make = problem if each.is_grave else warning
        yield make("topic settings", str(each), _alter(each))
    if not found:
        yield ok("topic settings", "copies in sync, message size, retention and time of records are as they should be")
    if said := why_not(INBOX):
        yield warning("topic settings", said, "raise INBOX_RETENTION_DAYS, or lower the topics' retention.ms")


def _alter(found: TopicProblem) -> str:
    """The command by which the topic has the setting of a new one."""
    servers = ",".join(bootstrap_servers())
    value = settings_of_new_topics()[found.setting]
    return (
        f"kafka-configs.sh --bootstrap-server {servers} --alter --entity-type topics --entity-name {found.topic} "
        f"--add-config {found.setting}={value}"
    )


def _clock() -> Iterator[Finding]:
    """The clock of the controller, which it tells."""
    seconds, exact_to = clock_skew()
    yield clock("clock of kafka", seconds, exact_to=exact_to)


def _clocks_of_brokers() -> Iterator[Finding]:
    """The clocks of all, by the records that they took; nothing if none is wrong."""
    for broker, seconds in clocks_of_brokers(TOPICS).items():
        if seconds:
            yield _clock_of(broker, seconds)


def _clock_of(broker: str, seconds: float) -> Finding:
    than = "after now" if seconds > 0 else "before its event was made"
    return problem(
        "clocks of brokers",
        f"the newest record that broker {broker} took bears a time {abs(seconds):.0f} s {than}",
        "have NTP set its clock: how long Kafka keeps records, and for how long they have waited, goes by it",
    )


def _disks() -> Iterator[Finding]:
    for each in disks():
        place = f"{each.folder} of broker {each.broker}"
        if each.has_failed:
            detail = f"the disk at {place} has failed: what was on it is served by other brokers, or by none"
            yield problem("disk of kafka", detail, "mend it, and start the broker again: its log says what happened")
        elif each.total > 0:  # older brokers do not tell
            yield disk("disk of kafka", place, each.total, each.free)


def _consumers() -> Iterator[Finding]:
    for group in groups({name: consumer.topics for name, consumer in CONSUMERS.items()}):
        yield _group(group)


def _group(group: GroupState) -> Finding:
    check = f"consumer {group.consumer}"
    if group.lost:
        return problem(
            check,
            f"Kafka deleted {number_of(group.lost, 'record', 'records')} before group {group.name} had read them",
            "manage.py republish_events --overdue 3600",
        )
    if not group.members:
        return problem(
            check,
            f"group {group.name} has no members, and {_waiting(group)}",
            f"manage.py consume_orders {group.consumer}",
        )
    if group.state != "Stable":
        return warning(check, f"group {group.name} is being rebalanced ({group.state})", "look again in a few seconds")
    detail = f"{number_of(group.members, 'member', 'members')}, {_waiting(group)}"
    if group.seconds_behind > TOO_LONG.total_seconds():
        detail += f", the oldest for {group.seconds_behind:.0f} s"
        return warning(check, detail, "if it does not fall: start more processes, and look at their logs")
    return ok(check, detail)


def _waiting(group: GroupState) -> str:
    return number_of(group.lag, "record waits", "records wait")


_CHECKS = {
    "topic settings": _settings_of_topics,
    "clock of kafka": _clock,
    "disk of kafka": _disks,
    "consumers": _consumers,
    "clocks of brokers": _clocks_of_brokers,  # last: it reads records, for which it may wait
}
