"""What a check is."""

from dataclasses import dataclass
from enum import Enum


class Scope(Enum):
    """What one statement of a check looks at; `operations.audit.scopes` makes the ranges.

    A statement sees one moment of the database, and what it compares must be within its scope. So the rows about an
    order are looked at by ranges of orders, and only what no range holds by the whole database at once.
    """

    ORDERS = "a range of order ids, with all that is stored about these orders"
    MANY_ORDERS = "a range of ten times as many order ids: for what no index leads to"
    SKUS = "a range of skus, with all of their ledger"
    RESPONSES = "a range of idempotency records, with all that is stored about their orders"
    WHOLE = "the whole database"


@dataclass(frozen=True, slots=True)
class Check:
    """A promise, and how to find what breaks it.

    Attributes:
        name: as the report calls it.
        promise: in a sentence.
        scope: what each of its statements looks at.
        sql: a query of the rows `id` and `detail`, both text, of what breaks the promise. It has the tables of
            `operations.audit.evidence`, and these parameters:
            %(first)s, %(last)s: the range; both belong to it; for SKUS WITHIN_SKUS says it.
            %(before)s, %(before_id)s: the time before which nothing may have begun to wait, and the smallest order id
            of that time.
            %(clock_tolerance)s: by how much the clocks of two machines may differ.
    """

    name: str
    promise: str
    scope: Scope
    sql: str
