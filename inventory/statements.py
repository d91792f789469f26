"""The SQL of the inventory app: what the ORM can't say, or takes several times as long for.

Each takes a whole batch as arrays, so that a batch of 500 orders is held in a fifth of bulk_create's time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from common.ids import text_of_id, texts_of_ids
from common.sql import execute
from inventory.allocation import Level, QueuedLine
from inventory.events import Shortage
from inventory.valuation import unit_cost

T = TypeVar("T")

_BATCH = 2000  # rows of one statement

# ignore_conflicts does not tell which rows were inserted. Ids are inserted in one fixed order, so that two deliveries
# of the same orders can't deadlock.
_CLAIM = """
    INSERT INTO inventory_stockanswer (order_id, outcome, shortages)
    SELECT order_id, 'reserved', '[]' FROM unnest(%(order_ids)s::uuid[]) AS claimed (order_id) ORDER BY order_id
    ON CONFLICT DO NOTHING
    RETURNING order_id
"""

_DECIDE_SHORT = """
    UPDATE inventory_stockanswer AS decision
    SET outcome = %(outcome)s, shortages = short.shortages::jsonb
    FROM unnest(%(order_ids)s::uuid[], %(shortages)s::text[]) AS short (order_id, shortages)
    WHERE decision.order_id = short.order_id
"""

# Reservations, queue, ledger and levels come from the same rows, so they can't differ. The ledger has the decisions in
# the order in which they were made: each left the next one what it says.
_HOLD = """
    WITH decided AS (
        SELECT order_id, sku, quantity, place, order_id = ANY(%(waiting)s::uuid[]) AS waits
        FROM unnest(%(order_ids)s::uuid[], %(skus)s::text[], %(quantities)s::bigint[])
            WITH ORDINALITY AS decided (order_id, sku, quantity, place)
    ), reservations AS (
        INSERT INTO inventory_reservation (answer_id, sku, quantity)
        SELECT order_id, sku, quantity FROM decided WHERE NOT waits
    ), queue AS (
        INSERT INTO inventory_backorderline (order_id, sku, quantity)
        SELECT order_id, sku, quantity FROM decided WHERE waits
    ), movements AS (
        INSERT INTO inventory_stockmovement
            (sku, kind, on_hand_change, reserved_change, backordered_change, order_id, note, actor)
        SELECT sku, CASE WHEN waits THEN 'backorder' ELSE 'reservation' END,
            0, CASE WHEN waits THEN 0 ELSE quantity END, CASE WHEN waits THEN quantity ELSE 0 END, order_id, '', ''
        FROM decided
        ORDER BY place
    )
    UPDATE inventory_stockitem AS item
    SET reserved = item.reserved + total.held, backordered = item.backordered + total.awaited, updated_at = now()
    FROM (
        SELECT sku, coalesce(sum(quantity) FILTER (WHERE NOT waits), 0) AS held,
            coalesce(sum(quantity) FILTER (WHERE waits), 0) AS awaited
        FROM decided
        GROUP BY sku
    ) AS total
    WHERE item.sku = total.sku
"""

_RESERVED_OF = """
    SELECT order_id FROM inventory_stockanswer
    WHERE order_id = ANY(%(order_ids)s::uuid[]) AND outcome = 'reserved'
"""

# In the one order of all who lock several: by sku.
_LOCK_LEVELS = """
    SELECT sku, on_hand, reserved, low_at, backordered, average_cost, cost_currency
    FROM inventory_stockitem
    WHERE sku = ANY(%(skus)s)
    ORDER BY sku
    FOR UPDATE
"""

_CREATE_MISSING = """
    INSERT INTO inventory_stockitem (sku, on_hand, reserved, low_at, backordered, cost_currency, updated_at)
    SELECT sku, 0, 0, 0, 0, '', now()
    FROM unnest(%(skus)s::text[]) WITH ORDINALITY AS missing (sku, place)
    ORDER BY place
    ON CONFLICT DO NOTHING
"""

_WRITE_LEVELS = """
    UPDATE inventory_stockitem AS item
    SET on_hand = level.on_hand, average_cost = level.average_cost, cost_currency = level.cost_currency,
        updated_at = now()
    FROM json_populate_recordset(NULL::inventory_stockitem, %(levels)s) AS level
    WHERE item.sku = level.sku
"""

# In the order of the rows: so are the ids.
_BOOK = """
    INSERT INTO inventory_stockmovement (sku, kind, on_hand_change, reserved_change, reason, counted, unit_cost,
        average_cost, cost_currency, document, order_id, note, actor)
    SELECT sku, kind, on_hand_change, 0, reason, counted, unit_cost,
        average_cost, cost_currency, document, order_id, note, actor
    FROM json_populate_recordset(NULL::inventory_stockmovement, %(movements)s)
    RETURNING id, at
"""

# The window goes over the page alone, back from what is known of its newest movement, so that a page costs the same
# however long the ledger is. Where nothing is known yet, the stock item says it, in the same snapshot.
_BALANCES = """
    SELECT movement.id,
        coalesce(%(on_hand)s, item.on_hand) - coalesce(sum(movement.on_hand_change) OVER later, 0) AS on_hand,
        coalesce(%(reserved)s, item.reserved) - coalesce(sum(movement.reserved_change) OVER later, 0) AS reserved
    FROM inventory_stockitem AS item
        JOIN LATERAL (
            SELECT id, on_hand_change, reserved_change FROM inventory_stockmovement
            WHERE sku = item.sku AND id < coalesce(%(before)s, 9223372036854775807)
            ORDER BY id DESC
            LIMIT %(limit)s
        ) AS movement ON true
    WHERE item.sku = %(sku)s
    WINDOW later AS (ORDER BY movement.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ORDER BY movement.id DESC
"""

# Queue, reservations, ledger, levels and decisions come from the same rows, too.
_RESERVE_QUEUED = """
    WITH served AS (
        DELETE FROM inventory_backorderline WHERE order_id = ANY(%(order_ids)s::uuid[])
        RETURNING order_id, sku, quantity
    ), decisions AS (
        UPDATE inventory_stockanswer SET outcome = 'reserved'
        WHERE order_id = ANY(%(order_ids)s::uuid[])
    ), reservations AS (
        INSERT INTO inventory_reservation (answer_id, sku, quantity)
        SELECT order_id, sku, quantity FROM served
    ), movements AS (
        INSERT INTO inventory_stockmovement
            (sku, kind, on_hand_change, reserved_change, backordered_change, order_id, note, actor)
        SELECT sku, 'reservation', 0, quantity, -quantity, order_id, '', '' FROM served ORDER BY order_id, sku
    )
    UPDATE inventory_stockitem AS item
    SET reserved = item.reserved + total.quantity, backordered = item.backordered - total.quantity, updated_at = now()
    FROM (SELECT sku, sum(quantity) AS quantity FROM served GROUP BY sku) AS total
    WHERE item.sku = total.sku
"""

_LEAVE_QUEUE = """
    WITH gone AS (
        DELETE FROM inventory_backorderline WHERE order_id = ANY(%(order_ids)s::uuid[])
        RETURNING order_id, sku, quantity
    ), movements AS (
        INSERT INTO inventory_stockmovement
            (sku, kind, on_hand_change, reserved_change, backordered_change, order_id, note, actor)
        SELECT sku, 'backorder', 0, 0, -quantity, order_id, '', '' FROM gone ORDER BY order_id, sku
    )
    UPDATE inventory_stockitem AS item
    SET backordered = item.backordered - total.quantity, updated_at = now()
    FROM (SELECT sku, sum(quantity) AS quantity FROM gone GROUP BY sku) AS total
    WHERE item.sku = total.sku
"""

# `upto` is what an order waits for of a sku, and all before it. Of an order all lines count, also those of other skus.
_WHOSE_TURN = """
    WITH touched AS (
        SELECT DISTINCT order_id FROM inventory_backorderline WHERE sku = ANY(%(skus)s)
    ), queue AS (
        SELECT order_id, sku, sum(quantity) OVER (PARTITION BY sku ORDER BY order_id) AS upto
        FROM inventory_backorderline
        WHERE sku IN (SELECT sku FROM inventory_backorderline JOIN touched USING (order_id))
    )
    SELECT queue.order_id
    FROM queue JOIN touched USING (order_id) JOIN inventory_stockitem AS item ON item.sku = queue.sku
    GROUP BY queue.order_id
    HAVING bool_and(queue.upto <= item.on_hand - item.reserved)
    ORDER BY queue.order_id
    LIMIT %(limit)s
"""

_QUEUED_LINES = """
    WITH queue AS (
        SELECT order_id, sku, quantity,
            sum(quantity) OVER (PARTITION BY sku ORDER BY order_id) - quantity AS ahead
        FROM inventory_backorderline
        WHERE sku IN (SELECT sku FROM inventory_backorderline WHERE order_id = ANY(%(order_ids)s::uuid[]))
            AND order_id <= (SELECT max(order_id::text)::uuid FROM unnest(%(order_ids)s::uuid[]) AS asked (order_id))
    )
    SELECT order_id, sku, quantity, ahead FROM queue
    WHERE order_id = ANY(%(order_ids)s::uuid[])
    ORDER BY order_id, sku
"""

_FIRST_IN_QUEUE = """
    SELECT order_id FROM inventory_backorderline WHERE sku = ANY(%(skus)s) ORDER BY order_id LIMIT 1
"""

# An order that was cancelled before it was decided on is decided on by that.
_CANCEL_UNDECIDED = """
    INSERT INTO inventory_stockanswer (order_id, outcome, shortages)
    SELECT order_id, 'cancelled', '[]' FROM unnest(%(order_ids)s::uuid[]) AS cancelled (order_id) ORDER BY order_id
    ON CONFLICT DO NOTHING
"""

_CANCEL_BACKORDERED = """
    UPDATE inventory_stockanswer SET outcome = 'cancelled'
    WHERE order_id = ANY(%(order_ids)s::uuid[]) AND outcome = 'backordered'
"""

_LOCK_DECISIONS = """
    SELECT order_id FROM inventory_stockanswer
    WHERE order_id = ANY(%(order_ids)s::uuid[])
    ORDER BY order_id
    FOR UPDATE
"""

_BOOKED = """
    SELECT DISTINCT order_id, reference FROM inventory_stockmovement
    WHERE order_id = ANY(%(order_ids)s::uuid[]) AND kind = %(kind)s
"""

_TAKEN = """
    taken AS (
        SELECT order_id, reference, sku, quantity
        FROM unnest(%(order_ids)s::uuid[], %(references)s::text[], %(skus)s::text[], %(quantities)s::bigint[])
            AS taken (order_id, reference, sku, quantity)
    )
"""

# Reservations, ledger and levels come from the same rows, so they can't differ. A reservation of which nothing is left
# goes.
_TAKE_FROM_RESERVATIONS = f"""
    WITH {_TAKEN}, part AS (
        SELECT order_id, sku, sum(quantity) AS quantity FROM taken GROUP BY order_id, sku
    ), emptied AS (
        DELETE FROM inventory_reservation AS held USING part
        WHERE held.answer_id = part.order_id AND held.sku = part.sku AND held.quantity <= part.quantity
    ), reduced AS (
        UPDATE inventory_reservation AS held SET quantity = held.quantity - part.quantity FROM part
        WHERE held.answer_id = part.order_id AND held.sku = part.sku AND held.quantity > part.quantity
    ), movements AS (
        INSERT INTO inventory_stockmovement
            (sku, kind, on_hand_change, reserved_change, order_id, reference, note, actor)
        SELECT sku, %(kind)s, CASE WHEN %(issued)s THEN -quantity ELSE 0 END, -quantity, order_id, reference, '', ''
        FROM taken
    )
    UPDATE inventory_stockitem AS item
    SET reserved = item.reserved - total.quantity,
        on_hand = item.on_hand - CASE WHEN %(issued)s THEN total.quantity ELSE 0 END,
        updated_at = now()
    FROM (SELECT sku, sum(quantity) AS quantity FROM taken GROUP BY sku) AS total
    WHERE item.sku = total.sku
"""  # noqa: S608 - of constants

_PUT_BACK = f"""
    WITH {_TAKEN}, movements AS (
        INSERT INTO inventory_stockmovement
            (sku, kind, on_hand_change, reserved_change, order_id, reference, note, actor)
        SELECT sku, 'return', quantity, 0, order_id, reference, '', '' FROM taken
    )
    UPDATE inventory_stockitem AS item
    SET on_hand = item.on_hand + total.quantity, updated_at = now()
    FROM (SELECT sku, sum(quantity) AS quantity FROM taken GROUP BY sku) AS total
    WHERE item.sku = total.sku
"""  # noqa: S608 - of constants


class Movement(NamedTuple):
    """Units of a sku that are moved for an order, and the document that says so, if it is one of several."""

    order_id: UUID
    reference: str
    sku: str
    quantity: int


def claim(order_ids: Iterable[UUID]) -> set[UUID]:
    """Decide on orders with "reserved", which the caller makes true or corrects; those not decided before are returned.

    A concurrent claim of the same order waits here until the other transaction ends.
    """
    return {order_id for (order_id,) in execute(_CLAIM, order_ids=texts_of_ids(order_ids))}


def reserved_of(order_ids: Iterable[UUID]) -> list[UUID]:
    """The given orders whose stock was reserved, by decision."""
    return [order_id for (order_id,) in execute(_RESERVED_OF, order_ids=texts_of_ids(order_ids))]


def lock_levels(skus: Iterable[str]) -> dict[str, Level]:
    """The levels of those skus that exist, locked until the transaction ends."""
    return {
        sku: Level(on_hand, reserved, reorder_point, backordered=backordered, average=unit_cost(cost, currency))
        for sku, on_hand, reserved, reorder_point, backordered, cost, currency in execute(_LOCK_LEVELS, skus=list(skus))
    }


def create_missing(skus: Iterable[str]) -> None:
    """Make empty stock items of skus that have none, in this order."""
    for part in _portions(list(skus)):
        execute(_CREATE_MISSING, skus=part)


def write_levels(levels: Mapping[str, Level]) -> None:
    """Write units on hand and average costs to stock items, which are locked."""
    rows = [
        {
            "sku": sku,
            "on_hand": level.on_hand,
            "average_cost": level.average.amount if level.average else None,
            "cost_currency": level.average.currency if level.average else "",
        }
        for sku, level in levels.items()
    ]
    for part in _portions(rows):
        execute(_WRITE_LEVELS, levels=msgspec.json.encode(part).decode())


def book(movements: Sequence[Mapping[str, Any]]) -> list[tuple[int, datetime]]:
    """Insert movements that are no order's, given by their columns, in this order; returns their ids and times."""
    return [
        (pk, at)
        for part in _portions(movements)
        for pk, at in sorted(execute(_BOOK, movements=msgspec.json.encode(part).decode()))
    ]


def _portions(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Rows of one statement each: many, and within its time limit."""
    return (rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH))


def decide_short(outcome: str, orders: Mapping[UUID, Sequence[Shortage]]) -> None:
    """Turn the decisions on claimed orders into `outcome`, which says what is made of their shortages."""
    if orders:
        shortages = [msgspec.json.encode(shortages).decode() for shortages in orders.values()]
        execute(_DECIDE_SHORT, order_ids=texts_of_ids(orders), shortages=shortages, outcome=outcome)


def hold(orders: Mapping[UUID, Mapping[str, int]], *, waiting: Collection[UUID] = ()) -> None:
    """Write what was decided on claimed orders, in this order: units by sku that are reserved, or waited for.

    The stock items are locked.
    """
    if orders:
        execute(_HOLD, **_columns(orders), waiting=texts_of_ids(waiting))


def reserve_queued(order_ids: Collection[UUID]) -> None:
    """Hold for orders what they wait for. Their decisions and stock items are locked."""
    if order_ids:
        execute(_RESERVE_QUEUED, order_ids=texts_of_ids(order_ids))


def leave_queue(order_ids: Collection[UUID]) -> None:
    """Have orders wait no longer. Their decisions and stock items are locked."""
    if order_ids:
        execute(_LEAVE_QUEUE, order_ids=texts_of_ids(order_ids))


def whose_turn(skus: Collection[str], *, limit: int) -> list[UUID]:
    """The first orders that wait for any of these skus and whose turn it is, as it looks without locks."""
    return [order_id for (order_id,) in execute(_WHOSE_TURN, skus=list(skus), limit=limit)]


def queued_lines(order_ids: Collection[UUID]) -> dict[UUID, list[QueuedLine]]:
    """What each of these orders waits for, in the order of the queue; without those that do not wait."""
    lines: dict[UUID, list[QueuedLine]] = defaultdict(list)
    for order_id, sku, quantity, ahead in execute(_QUEUED_LINES, order_ids=texts_of_ids(order_ids)):
        lines[order_id].append(QueuedLine(sku=sku, quantity=quantity, ahead=int(ahead)))
    return dict(lines)


def first_in_queue(skus: Collection[str]) -> UUID | None:
    """The order that has waited longest for any of these skus."""
    return next((order_id for (order_id,) in execute(_FIRST_IN_QUEUE, skus=list(skus))), None)


def balances(
    sku: str, *, limit: int, before: int | None = None, on_hand: int | None = None, reserved: int | None = None
) -> list[tuple[int, int, int]]:
    """The ids of a sku's newest movements with what was on hand and reserved after each, newest first.

    Args:
        before: only movements with smaller ids; then `on_hand` and `reserved` say what there was before that one.
    """
    rows = execute(_BALANCES, sku=sku, limit=limit, before=before, on_hand=on_hand, reserved=reserved)
    return [(id_, int(units), int(held)) for id_, units, held in rows]


def cancel_undecided(order_ids: Iterable[UUID]) -> None:
    """Decide on orders that were not decided on before: nothing is held for them, then or later."""
    execute(_CANCEL_UNDECIDED, order_ids=texts_of_ids(order_ids))


def cancel_backordered(order_ids: Iterable[UUID]) -> None:
    """Decide on orders that waited and have left the queue: they are cancelled. Their decisions are locked."""
    execute(_CANCEL_BACKORDERED, order_ids=texts_of_ids(order_ids))


def lock_decisions(order_ids: Iterable[UUID]) -> None:
    """Lock the decisions on orders, in the order of their ids, until the transaction ends."""
    execute(_LOCK_DECISIONS, order_ids=texts_of_ids(order_ids))


def booked(order_ids: Iterable[UUID], kind: str) -> set[tuple[UUID, str]]:
    """The orders, with the references, of which movements of this kind are in the ledger."""
    rows = execute(_BOOKED, order_ids=texts_of_ids(order_ids), kind=str(kind))
    return {(order_id, reference) for order_id, reference in rows}


def take_from_reservations(movements: Sequence[Movement], kind: str) -> None:
    """Write movements that take away from what is held: an issue also takes it from what is on hand.

    The decisions and the stock items are locked, and as much is held.
    """
    if movements:
        execute(_TAKE_FROM_RESERVATIONS, kind=str(kind), issued=kind == "issue", **_moved(movements))


def put_back(movements: Sequence[Movement]) -> None:
    """Write returns. The decisions and the stock items are locked."""
    if movements:
        execute(_PUT_BACK, **_moved(movements))


def _columns(orders: Mapping[UUID, Mapping[str, int]]) -> dict[str, list[Any]]:
    """Units by order and sku as one array a column."""
    keyed = [(text_of_id(order_id), asked) for order_id, asked in orders.items()]
    rows = [(key, sku, quantity) for key, asked in keyed for sku, quantity in asked.items()]
    return dict(zip(("order_ids", "skus", "quantities"), map(list, zip(*rows, strict=True)), strict=True))


def _moved(movements: Sequence[Movement]) -> dict[str, list[Any]]:
    return {
        "order_ids": texts_of_ids(movement.order_id for movement in movements),
        "references": [movement.reference for movement in movements],
        "skus": [movement.sku for movement in movements],
        "quantities": [movement.quantity for movement in movements],
    }
