"""Counting how many events in a row the handlers of a consumer have failed on: over all its processes, and restarts.

A consumer that is broken for every event would make dead letters of its whole backlog. Only an event that was handled
begins the count anew: `inbox.claim_to_handle` does, in the transaction that handles it.
"""

from django.conf import settings
from django.db import connection

from messaging import statements
from messaging.models import ConsecutiveFailures


def add(consumer: str) -> int:
    """Count one more, in the caller's transaction; how many there are now."""
    with connection.cursor() as cursor:
        cursor.execute(statements.ADD_FAILURE, {"consumer": consumer})
        return int(cursor.fetchone()[0])


def count_of(consumer: str) -> int:
    """How many there are since an event was handled."""
    return sum(ConsecutiveFailures.objects.filter(consumer=consumer).values_list("count", flat=True))


def are_too_many(consumer: str) -> bool:
    return count_of(consumer) >= settings.CONSUMER_MAX_DEAD_LETTERS_IN_A_ROW
