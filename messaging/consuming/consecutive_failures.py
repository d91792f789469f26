"""The number of events in a row that a consumer's handlers have failed on, in the database: all its processes share it.

It keeps a consumer that fails on every event from making dead letters of its whole backlog. Handling an event sets it
to 0: `inbox.claim_to_handle` does that, in the transaction that handles the event.
"""

from django.conf import settings

from common.sql import execute
from messaging import statements
from messaging.models import ConsecutiveFailures


def add(consumer: str) -> int:
    """Count one more failure, in the caller's transaction; returns the new count."""
    ((count,),) = execute(statements.ADD_FAILURE, consumer=consumer)
    return int(count)


def count_of(consumer: str) -> int:
    """The number of failures since an event was handled."""
    return sum(ConsecutiveFailures.objects.filter(consumer=consumer).values_list("count", flat=True))


def are_too_many(consumer: str) -> bool:
    return count_of(consumer) >= settings.CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW
