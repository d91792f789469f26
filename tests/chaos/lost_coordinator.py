"""A fault of Kafka's own that only a restart of the broker mends.

Seen with Kafka 4.4 on a starved machine: a broker that was killed leads a partition of __consumer_offsets again,
does not (its old registration has run out), and does again, all within seconds. If reading the partition for the first
leadership ends only in the second one, its group coordinator takes that for the end of the second reading, goes to work
half read, finds that out at its first write, and trips over putting it right. The groups of that partition get
NOT_COORDINATOR from then on. Consumers log `subscription_renewed: no assignment` every 15 s; nothing is lost.
"""

from devstack.kafka.broker import Kafka

STARTED = b"(Log4jControllerRegistration)"  # the first line of each start
LOST = b"is out of sync with the underlying log"


def has_lost_a_coordinator(log: bytes) -> bool:
    """Whether the broker has said so since it was started last."""
    return LOST in log.rpartition(STARTED)[2]


def restart_if_it_lost_a_coordinator(kafka: Kafka) -> bool:
    """Do what a person would; whether it was necessary."""
    if not has_lost_a_coordinator(kafka.log.read_bytes()):
        return False
    kafka.stop()
    kafka.start()
    kafka.wait_ready()
    return True
