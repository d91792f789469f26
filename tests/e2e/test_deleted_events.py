"""Events that Kafka deletes before a consumer has read them: the audit names the orders, and a command mends them.

Reports of others: apache/pinot#12608 (the consumer goes on behind the gap, and nobody is told), zalando/nakadi#344.
"""

from contextlib import closing

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from tests.e2e.system import System
from tests.waiting import wait_until

TOPICS = {"inventory": ("orders",), "orders": ("inventory", "invoicing"), "invoicing": ("orders",)}


def delete_all_records(system: System, *topics: str) -> None:
    """Delete all records, as retention would."""
    servers = system.kafka.bootstrap_servers
    with closing(KafkaConsumer(bootstrap_servers=servers)) as reader:
        partitions = [TopicPartition(topic, part) for topic in topics for part in reader.partitions_for_topic(topic)]
        ends = reader.end_offsets(partitions)
    with closing(KafkaAdminClient(bootstrap_servers=servers)) as admin:
        admin.delete_records(ends)


def named_by_the_audit(system: System) -> str:
    done = system.manage("audit_pipeline", "--json", "--waiting-limit", "0", check=False)
    assert done.returncode == 1
    return done.stdout


def lose_events_of(system: System, consumer: str, reference: str) -> list[str]:
    """Place orders, and delete their records while this consumer is stopped; returns their ids."""
    system.stop(consumer)
    answers = system.place_all([f"{reference}-{number}" for number in range(3)])
    order_ids = [answer.json()["id"] for answer in answers]
    reached = {
        "inventory": lambda: not system.count("messaging_outboxmessage"),
        "orders": lambda: answered(system, order_ids) and not system.count("messaging_outboxmessage"),
        "invoicing": lambda: (
            {system.order(order_id)["status"] for order_id in order_ids} == {"confirmed"}
            and not system.count("messaging_outboxmessage")
        ),
    }
    wait_until(reached[consumer], what="everything is in Kafka")
    delete_all_records(system, *TOPICS[consumer])
    system.start(consumer)
    system.settle(consumer)
    return order_ids


def answered(system: System, order_ids: list[str]) -> bool:
    ids = ", ".join(f"'{order_id}'" for order_id in order_ids)
    return system.count(f"inventory_stockanswer WHERE order_id IN ({ids})") == len(order_ids)


@pytest.mark.parametrize("consumer", ["inventory", "orders", "invoicing"])
@pytest.mark.parametrize("by", ["ids", "overdue"])
def test_what_retention_deleted_is_named_and_published_again_and_nothing_happens_twice(system, consumer, by):
    letters = system.count("messaging_deadletter")  # that other tests have left
    lost = lose_events_of(system, consumer, f"lost-{consumer}-{by}")
    system.invoiced(system.place().json()["id"])  # the consumer goes on behind the gap
    named = named_by_the_audit(system)
    assert all(order_id in named for order_id in lost)

    for _ in range(2):  # what comes of the first may be lost as well, if its reader is the one that was away
        system.manage("republish_events", *(lost if by == "ids" else ["--overdue", "0"]))
        wait_until(lambda: not system.count("messaging_outboxmessage"), what="published")
    for order_id in lost:
        system.invoiced(order_id)
    system.manage("republish_events", *lost)
    system.manage("republish_events", *lost)
    wait_until(lambda: not system.count("messaging_outboxmessage"), what="published")
    system.invoiced(system.place().json()["id"])

    ids = ", ".join(f"'{order_id}'" for order_id in lost)
    assert system.count(f"invoicing_invoice WHERE order_id IN ({ids})") == len(lost)
    assert system.count(f"inventory_reservation WHERE answer_id IN ({ids})") == len(lost)
    assert system.count("messaging_deadletter") == letters
    system.audit()
