"""Which errors are transient, and how long to back off before a retry."""

import random
from collections.abc import Callable

from common import postgres
from messaging.exceptions import TransportUnavailable


def is_outage(error: BaseException) -> bool:
    """Whether the error means that PostgreSQL or Kafka is down for everybody."""
    return isinstance(error, TransportUnavailable) or postgres.is_outage(error)


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later."""
    return is_outage(error) or postgres.is_unavailable(error)


def kind_of(error: BaseException) -> str:
    """The SQLSTATE of an error or else its type, as a label of metrics."""
    return postgres.sqlstate(error) or type(error).__name__


def backoff(
    attempt: int, *, base: float = 0.1, cap: float = 10.0, jitter: Callable[[], float] = random.random
) -> float:
    """Seconds to wait before try number `attempt` + 1, with full jitter.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    return jitter() * min(cap, base * 2.0 ** min(attempt, 30))
