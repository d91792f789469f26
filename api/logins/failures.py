"""Counters of failed log-ins, in the database."""

import math
from collections.abc import Iterable
from datetime import timedelta

from django.db import connection
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from api.logins.attempt import Attempt
from api.logins.backoff import FORGOTTEN_AFTER, wait_left
from api.logins.exceptions import TooManyFailures
from api.models import LoginFailureCounter

# In the order of keys, so that concurrent failures can't deadlock.
_COUNT = """
    INSERT INTO api_loginfailurecounter AS counter (key, failures, last_at)
    SELECT key, 1, now() FROM unnest(%(keys)s::text[]) AS key ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
        failures = CASE
            WHEN counter.last_at <= now() - %(forgotten_after)s::interval THEN 1
            ELSE counter.failures + 1
        END,
        last_at = now()
"""

# Ten with each failure are enough, since a failure adds at most three.
_FORGET = """
    DELETE FROM api_loginfailurecounter
    WHERE key IN (
        SELECT key FROM api_loginfailurecounter
        WHERE last_at <= now() - %(forgotten_after)s::interval
        LIMIT 10
        FOR UPDATE SKIP LOCKED
    )
"""


def check(attempt: Attempt) -> None:
    """Raises:
    TooManyFailures: one of the attempt's counters says that it has to wait.
    """
    allowed = attempt.allowances
    counters = LoginFailureCounter.objects.filter(key__in=allowed).values_list("key", "failures", _age())
    waits = (wait_left(failures=failures, allowed=allowed[key], age=age) for key, failures, age in counters)
    if wait := max(waits, default=timedelta(0)):
        raise TooManyFailures(wait=math.ceil(wait.total_seconds()))


def count(attempt: Attempt) -> None:
    """Count a failure, and delete some counters that are long out of date."""
    _execute(_COUNT, keys=attempt.allowances)
    _execute(_FORGET)


def reset(attempt: Attempt) -> None:
    """Reset the attempt's own counter, after a success."""
    LoginFailureCounter.objects.filter(key=attempt.own_counter).delete()


def _age() -> Combinable:
    """The age of a counter, by the database's clock, which dates failures."""
    return ExpressionWrapper(Now() - F("last_at"), output_field=DurationField())


def _execute(statement: str, *, keys: Iterable[str] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"keys": list(keys), "forgotten_after": str(FORGOTTEN_AFTER)})
