"""The ranges of rows that the audit reads one after the other, so that no snapshot is held for long."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from operations.audit.check import Scope

Range = Mapping[str, Any]  # the parameters `first` and `last` of a statement

ORDERS_AT_ONCE = 20_000
MANY_ORDERS_AT_ONCE = 200_000
RESPONSES_AT_ONCE = 20_000
MOVEMENTS_AT_ONCE = 100_000  # of a range of skus; a single sku may have more

_LAST_UUID = UUID(int=2**128 - 1)
_LAST_BIGINT = 2**63 - 1

# A ledger is summed up by sku, so a range has whole skus: those after `first`, up to and including `last`.
WITHIN_SKUS = "sku > %(first)s AND (%(last)s::text IS NULL OR sku <= %(last)s)"

_NEXT_ORDER = "SELECT id FROM orders_order WHERE id >= %s ORDER BY id OFFSET %s LIMIT 1"
_NEXT_RESPONSE = "SELECT id FROM api_idempotencyrecord WHERE id >= %s ORDER BY id OFFSET %s LIMIT 1"
_NEXT_SKU = "SELECT sku FROM inventory_stockmovement WHERE sku > %s ORDER BY sku OFFSET %s LIMIT 1"


def ranges_of(scope: Scope) -> list[Range]:
    """Ranges that cover all rows, and those that are inserted during the audit."""
    return list(_RANGES[scope]())


def _whole() -> Iterator[Range]:
    yield {"first": None, "last": None}


def _orders(size: int) -> Iterator[Range]:
    """Ranges of order ids. Rows about orders that do not exist are in a range, too."""
    first = UUID(int=0)
    while (last := _value(_NEXT_ORDER, first, size - 1)) is not None and last != _LAST_UUID:
        yield {"first": first, "last": last}
        first = UUID(int=last.int + 1)
    yield {"first": first, "last": _LAST_UUID}


def _responses() -> Iterator[Range]:
    first = 0
    while (last := _value(_NEXT_RESPONSE, first, RESPONSES_AT_ONCE - 1)) is not None:
        yield {"first": first, "last": last}
        first = last + 1
    yield {"first": first, "last": _LAST_BIGINT}


def _skus() -> Iterator[Range]:
    first = ""
    while (last := _value(_NEXT_SKU, first, MOVEMENTS_AT_ONCE - 1)) is not None:
        yield {"first": first, "last": last}
        first = last
    yield {"first": first, "last": None}


def _value(sql: str, *parameters: UUID | int | str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
        return row[0] if row else None


_RANGES: Mapping[Scope, Callable[[], Iterator[Range]]] = {
    Scope.ORDERS: lambda: _orders(ORDERS_AT_ONCE),
    Scope.MANY_ORDERS: lambda: _orders(MANY_ORDERS_AT_ONCE),
    Scope.SKUS: _skus,
    Scope.RESPONSES: _responses,
    Scope.WHOLE: _whole,
}
