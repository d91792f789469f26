"""The definition of a check. All checks are listed in registry.py; a new one is an entry in the file of its subject."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

CLOCK_TOLERANCE = timedelta(seconds=2)  # between the clocks of two machines


class Scope(Enum):
    """The rows that one statement of a check reads; `operations.audit.scopes` makes the ranges.

    A statement has one snapshot of the database, and everything it compares must be within its scope. So rows about
    orders are read by ranges of orders, and the whole database at once only where no range would do.
    """

    ORDERS = "a range of order ids, with all that is stored about these orders"
    MANY_ORDERS = "a range of ten times as many order ids: for what no index leads to"
    SKUS = "a range of skus, with all of their ledger"
    RESPONSES = "a range of idempotency records, with all that is stored about their orders"
    WHOLE = "the whole database"


@dataclass(frozen=True, slots=True)
class Check:
    """A promise, and the query that finds its violations.

    Attributes:
        name: in the report.
        promise: as a sentence.
        scope: the rows that each of its statements reads.
        sql: a query of the violations, with the text columns `id` and `detail`. It may use the tables of
            `operations.audit.evidence`, and these parameters:
            %(first)s, %(last)s: the bounds of the range, both inclusive; for SKUS see WITHIN_SKUS.
            %(before)s, %(before_id)s: the time since which something may wait without a violation, and the smallest
            order id of that time.
            %(clock_tolerance)s: by how much the clocks of two machines may differ.
    """

    name: str
    promise: str
    scope: Scope
    sql: str
