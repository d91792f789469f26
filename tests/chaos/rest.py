"""Whether anything is still under way: events that wait or were not handled yet, and orders whose turn it is."""

from contextlib import closing

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from devstack.waiting import wait_until
from tests.chaos.consumed import TOPICS
from tests.e2e.system import System

SECONDS = 180.0  # until nothing may be under way any more
READERS = {  # the topics that each consumer group reads
    "orderflow-orders": ("inventory", "invoicing"),
    "orderflow-inventory": ("orders", "invoicing", "backorders"),
    "orderflow-invoicing": ("orders",),
}
Ends = dict[TopicPartition, int]

_WAITING = "SELECT count(*) FROM messaging_outboxmessage WHERE parked_at IS NULL"
# Units that orders wait for, and that are there for all who wait before: those orders' turn has come, as the
# inventory's housekeeping finds out within half a minute, if nobody else does.
_WHOSE_TURN = """
    SELECT count(*) FROM (
        SELECT bool_and(ahead <= on_hand - reserved) AS served
        FROM (
            SELECT sku, order_id, sum(quantity) OVER (PARTITION BY sku ORDER BY order_id) AS ahead
            FROM inventory_backorderline
        ) AS line JOIN inventory_stockitem USING (sku)
        GROUP BY order_id
    ) AS waiting WHERE served
"""


def comes_to_rest(system: System, *, seconds: float = SECONDS) -> bool:
    """Wait until nothing is under way; False if that takes too long."""
    return wait_until(lambda: is_at_rest(system), seconds=seconds, every=0.5)


def is_at_rest(system: System) -> bool:
    """Whether all events are published and handled, and nobody waits for what is there.

    An event is handled before its offset is committed, and what it causes waits by then. So if nothing waits before
    and after all offsets were at their ends, and the ends did not move, nothing was under way between.
    """
    try:
        if _waits(system) or not (ends := _ends(system)):
            return False
        return _are_handled(system, ends) and not _waits(system) and _ends(system) == ends and not _turns(system)
    except (KafkaError, OSError):
        return False


def _waits(system: System) -> bool:
    return system.query(_WAITING) != [(0,)]


def _turns(system: System) -> bool:
    return system.query(_WHOSE_TURN) != [(0,)]


def _ends(system: System) -> Ends:
    with closing(KafkaConsumer(bootstrap_servers=system.kafka.bootstrap_servers)) as consumer:
        partitions = [TopicPartition(topic, n) for topic in TOPICS for n in consumer.partitions_for_topic(topic) or ()]
        return {partition: end for partition, end in consumer.end_offsets(partitions).items() if end}


def _are_handled(system: System, ends: Ends) -> bool:
    """Whether each group has come to the ends of what it reads."""
    with closing(KafkaAdminClient(bootstrap_servers=system.kafka.bootstrap_servers)) as admin:
        for group, topics in READERS.items():
            taken = {partition: each.offset for partition, each in admin.list_consumer_group_offsets(group).items()}
            if any(taken.get(partition) != end for partition, end in ends.items() if partition.topic in topics):
                return False
    return True
