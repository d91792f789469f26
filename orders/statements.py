"""The SQL of the orders app that reads what the ORM would take several times as long for."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db import connection

from orders.events import SNAPSHOT_COLUMNS

# The lines as JSON, so that an order is one row, and the decoder makes them.
_RECORDED = f"""
    SELECT orders.id,
        json_agg(json_build_object(
            'line_no', line_no, 'sku', sku, 'name', name, 'quantity', quantity, 'unit_price', unit_price,
            'tax_rate', tax_rate, 'net', lines.net
        ) ORDER BY line_no)::text,
        {", ".join(f"orders.{column}" for column in SNAPSHOT_COLUMNS)}
    FROM orders_order AS orders JOIN orders_orderline AS lines ON lines.order_id = orders.id
    WHERE orders.id = ANY(%(order_ids)s::uuid[]) AND status = ANY(%(states)s)
    GROUP BY orders.id
    ORDER BY orders.id
"""  # noqa: S608 - of constants

_ORDERED_LINES = """
    SELECT order_id, json_agg(json_build_object('sku', sku, 'quantity', quantity) ORDER BY line_no)::text
    FROM orders_orderline
    WHERE order_id = ANY(%(order_ids)s::uuid[])
    GROUP BY order_id
"""


def recorded_orders(order_ids: Collection[UUID], states: Iterable[str]) -> list[tuple[Any, ...]]:
    """Orders that have reached one of these states: id, lines as JSON, and the columns of a snapshot, taxes as JSON."""
    with connection.cursor() as cursor:
        cursor.execute(_RECORDED, {"order_ids": [str(each) for each in order_ids], "states": [str(s) for s in states]})
        return list(cursor.fetchall())


def ordered_lines(order_ids: Collection[UUID]) -> list[tuple[UUID, str]]:
    """The ids of orders, with the sku and the quantity of each line as JSON."""
    with connection.cursor() as cursor:
        cursor.execute(_ORDERED_LINES, {"order_ids": [str(each) for each in order_ids]})
        return list(cursor.fetchall())
