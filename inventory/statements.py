"""The statements of the inventory that the ORM can't say, or says at several times the cost.

Each takes a whole batch as arrays, so that a batch of 500 orders is held in a fifth of bulk_create's time.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
from django.db import connection

from inventory.events import Shortage

# ignore_conflicts does not tell which rows were inserted. Ids are inserted in one fixed order, so that two deliveries
# of the same orders can't deadlock.
_CLAIM = """
    INSERT INTO inventory_stockanswer (order_id, outcome, shortages)
    SELECT order_id, 'reserved', '[]' FROM unnest(%(order_ids)s::uuid[]) AS claimed (order_id) ORDER BY order_id
    ON CONFLICT DO NOTHING
    RETURNING order_id
"""

_REJECT = """
    UPDATE inventory_stockanswer AS decision
    SET outcome = 'rejected', shortages = rejected.shortages::jsonb
    FROM unnest(%(order_ids)s::uuid[], %(shortages)s::text[]) AS rejected (order_id, shortages)
    WHERE decision.order_id = rejected.order_id
"""

# Reservations, ledger and levels come from the same rows, so they can't differ.
_HOLD = """
    WITH held AS (
        SELECT order_id, sku, quantity
        FROM unnest(%(order_ids)s::uuid[], %(skus)s::text[], %(quantities)s::bigint[])
            AS held (order_id, sku, quantity)
    ), reservations AS (
        INSERT INTO inventory_reservation (answer_id, sku, quantity)
        SELECT order_id, sku, quantity FROM held
    ), movements AS (
        INSERT INTO inventory_stockmovement (sku, kind, on_hand_change, reserved_change, order_id, note, actor)
        SELECT sku, 'reservation', 0, quantity, order_id, '', '' FROM held
    )
    UPDATE inventory_stockitem AS item
    SET reserved = item.reserved + total.quantity, updated_at = now()
    FROM (SELECT sku, sum(quantity) AS quantity FROM held GROUP BY sku) AS total
    WHERE item.sku = total.sku
"""


def claim(order_ids: Iterable[UUID]) -> set[UUID]:
    """Decide on orders with "reserved", which the caller makes true or corrects; those not decided before are returned.

    A concurrent claim of the same order waits here until the other transaction ends.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"order_ids": [str(order_id) for order_id in order_ids]})
        return {order_id for (order_id,) in cursor.fetchall()}


def reject(orders: Mapping[UUID, Sequence[Shortage]]) -> None:
    """Turn the decisions on claimed orders into rejections."""
    if orders:
        order_ids = [str(order_id) for order_id in orders]
        shortages = [msgspec.json.encode(shortages).decode() for shortages in orders.values()]
        with connection.cursor() as cursor:
            cursor.execute(_REJECT, {"order_ids": order_ids, "shortages": shortages})


def hold(orders: Mapping[UUID, Mapping[str, int]]) -> None:
    """Write reservations, movements and levels of claimed orders, given as units by sku. The stock items are locked."""
    keyed = [(str(order_id), asked) for order_id, asked in orders.items()]
    rows = [(key, sku, quantity) for key, asked in keyed for sku, quantity in asked.items()]
    if rows:
        order_ids, skus, quantities = ([*column] for column in zip(*rows, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(_HOLD, {"order_ids": order_ids, "skus": skus, "quantities": quantities})
