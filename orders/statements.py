"""The SQL of the orders app: what the ORM can't say, or takes several times as long for."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from api.idempotency import CLAIM
from common.ids import text_of_id, texts_of_ids
from common.sql import execute
from messaging.statements import INSERT_EVENTS
from orders.causes import Cause
from orders.events import SNAPSHOT_COLUMNS, InvoiceIssued, Line, OrderConfirmed
from orders.lifecycle.quantities import OpenLine
from orders.transitions import Status, sources_of

# The columns of the rows that STORE takes as JSON, in any order. Columns that are left out get their defaults.
_OWN_COLUMNS = ("id", "source", "status", "invoice_number", "digest", "correlation_id", "traceparent")
_ORDER_COLUMNS = ", ".join([*SNAPSHOT_COLUMNS, *_OWN_COLUMNS])
_LINE_COLUMNS = ", ".join(["order_id", *Line.__struct_fields__])
# Stores idempotency claims, and of the orders those whose claim is new or who need none, with lines and events.
# `claimants` says for each order the name of the claim without which it is not to be stored, if it has one.
STORE = f"""
    WITH claimed AS ({CLAIM}),
    accepted AS MATERIALIZED (
        SELECT id FROM json_to_recordset(%(claimants)s) AS claimant_of (id uuid, claimant integer, claim text)
        WHERE claim IS NULL OR (claimant, claim) IN (SELECT client_id, key FROM claimed)
    ),
    orders AS (
        INSERT INTO orders_order ({_ORDER_COLUMNS})
        SELECT {_ORDER_COLUMNS} FROM json_populate_recordset(NULL::orders_order, %(orders)s)
        WHERE id IN (SELECT id FROM accepted)
    ),
    lines AS (
        INSERT INTO orders_orderline ({_LINE_COLUMNS})
        SELECT {_LINE_COLUMNS} FROM json_populate_recordset(NULL::orders_orderline, %(lines)s)
        WHERE order_id IN (SELECT id FROM accepted)
    ),
    events AS (
        {INSERT_EVENTS} json_populate_recordset(NULL::messaging_outboxmessage, %(events)s)
        WHERE key IN (SELECT id::text FROM accepted)
    )
    SELECT client_id, key FROM claimed
"""  # noqa: S608 - of constants

# The lines as JSON, so that an order is one row, and the decoder makes them.
_LINE_AS_JSON = ", ".join(f"'{name}', lines.{name}" for name in Line.__struct_fields__)
_LINES_AS_JSON = f"json_agg(json_build_object({_LINE_AS_JSON}) ORDER BY lines.line_no)::text"
_RECORDED = f"""
    SELECT orders.id, {_LINES_AS_JSON}, {", ".join(f"orders.{column}" for column in SNAPSHOT_COLUMNS)}
    FROM orders_order AS orders JOIN orders_orderline AS lines ON lines.order_id = orders.id
    WHERE orders.id = ANY(%(order_ids)s::uuid[])
        AND (orders.status = ANY(%(states)s) OR orders.cancelled_from = ANY(%(states)s))
    GROUP BY orders.id
    ORDER BY orders.id
"""  # noqa: S608 - of constants

_ORDERED_LINES = """
    SELECT orders.id,
        json_agg(json_build_object('sku', lines.sku, 'quantity', lines.quantity) ORDER BY lines.line_no)::text,
        orders.allow_backorder
    FROM orders_order AS orders JOIN orders_orderline AS lines ON lines.order_id = orders.id
    WHERE orders.id = ANY(%(order_ids)s::uuid[])
    GROUP BY orders.id
"""

# Locks in the order of ids. A row for which this waited is looked at, and told, as it is after the wait. The timeline
# is written and the order told by the same statement: each one costs a batch a round trip and a plan, all orders come
# by here, and live batches are small. The time of an entry is not the statement's, which may be before what it waited
# for.
_CONFIRM = f"""
    WITH decision AS (
        SELECT order_id, cause_kind, cause_id
        FROM unnest(%(order_ids)s::uuid[], %(cause_kinds)s::text[], %(cause_ids)s::text[])
            AS decision (order_id, cause_kind, cause_id)
    ), ready AS (
        SELECT id FROM orders_order WHERE id = ANY(%(order_ids)s::uuid[]) AND status = ANY(%(sources)s)
        ORDER BY id FOR UPDATE
    ), confirmed AS (
        UPDATE orders_order SET status = 'confirmed' FROM ready WHERE orders_order.id = ready.id
        RETURNING orders_order.id, {", ".join(f"orders_order.{column}" for column in SNAPSHOT_COLUMNS)}
    ), noted AS (
        INSERT INTO orders_timelineentry (order_id, at, event, detail, cause_kind, cause_id)
        SELECT id, clock_timestamp(), %(event)s, '{{}}', cause_kind, cause_id
        FROM confirmed JOIN decision ON decision.order_id = confirmed.id
    )
    SELECT id, (SELECT {_LINES_AS_JSON} FROM orders_orderline AS lines WHERE lines.order_id = confirmed.id),
        {", ".join(f"confirmed.{column}" for column in SNAPSHOT_COLUMNS)}
    FROM confirmed ORDER BY id
"""  # noqa: S608 - of constants

# Here and below, bulk_update would write a CASE of as many branches as rows: three times the time at 500.
_BACKORDER = """
    UPDATE orders_order SET status = 'backordered', shortages = decision.shortages
    FROM unnest(%(order_ids)s::uuid[], %(shortages)s::jsonb[]) AS decision (order_id, shortages)
    WHERE orders_order.id = decision.order_id
"""

_REJECT = """
    UPDATE orders_order SET status = 'rejected', rejection = decision.rejection
    FROM unnest(%(order_ids)s::uuid[], %(rejections)s::jsonb[]) AS decision (order_id, rejection)
    WHERE orders_order.id = decision.order_id
"""

# As _CONFIRM, of orders that show no invoice yet.
_SHOW_INVOICES = """
    WITH issued AS (
        SELECT order_id, number, cause_kind, cause_id
        FROM unnest(%(order_ids)s::uuid[], %(numbers)s::text[], %(cause_kinds)s::text[], %(cause_ids)s::text[])
            AS issued (order_id, number, cause_kind, cause_id)
    ), ready AS (
        SELECT id FROM orders_order WHERE id = ANY(%(order_ids)s::uuid[]) AND invoice_number = ''
        ORDER BY id FOR UPDATE
    ), shown AS (
        UPDATE orders_order SET invoice_number = issued.number
        FROM ready JOIN issued ON issued.order_id = ready.id
        WHERE orders_order.id = ready.id
        RETURNING orders_order.id, issued.number, issued.cause_kind, issued.cause_id
    )
    INSERT INTO orders_timelineentry (order_id, at, event, detail, cause_kind, cause_id)
    SELECT id, clock_timestamp(), %(event)s, jsonb_build_object('number', number), cause_kind, cause_id FROM shown
"""

# A quarter of bulk_create's time. The time of each entry is that at which it gets its id: _LATEST_SETTLED goes by it.
_NOTE = """
    INSERT INTO orders_timelineentry (order_id, at, event, detail, cause_kind, cause_id)
    SELECT order_id, clock_timestamp(), event, detail, cause_kind, cause_id
    FROM unnest(
        %(order_ids)s::uuid[], %(events)s::text[], %(details)s::jsonb[], %(cause_kinds)s::text[], %(cause_ids)s::text[]
    ) AS entry (order_id, event, detail, cause_kind, cause_id)
"""

# Of each product the prices that hold at a time or begin later, of all lists, by their start. In its own currency a
# product is always sold: an end that was set for a currency before it became the product's own counts no more.
_PRICED_PRODUCTS = """
    SELECT product.sku, product.name, product.unit_price, product.currency, product.tax_rate, product.unit_code,
        product.tax_category, product.tax_reason_code, product.tax_reason, prices.found
    FROM orders_product AS product CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(json_build_object(
            'currency', currency, 'valid_from', valid_from, 'unit_price', unit_price::text
        ) ORDER BY valid_from)::text, '[]')
        FROM (
            SELECT list.currency, step.valid_from, step.unit_price,
                lead(step.valid_from) OVER (PARTITION BY step.price_list_id ORDER BY step.valid_from) AS until
            FROM orders_price AS step JOIN orders_pricelist AS list ON list.code = step.price_list_id
            WHERE step.product_id = product.sku
                AND (step.unit_price IS NOT NULL OR list.currency <> product.currency)
        ) AS price
        WHERE until IS NULL OR until > %(since)s
    ) AS prices (found)
    WHERE product.sku = ANY(%(skus)s)
"""


def priced_products(skus: Collection[str], since: datetime) -> list[tuple[Any, ...]]:
    """Products: their columns as PricedProduct has them, and as JSON the prices that hold at `since` or later."""
    return execute(_PRICED_PRODUCTS, skus=list(skus), since=since)


_SET_CREDIT_NOTES = """
    UPDATE orders_order SET credit_notes = shown.numbers
    FROM unnest(%(order_ids)s::uuid[], %(numbers)s::jsonb[]) AS shown (order_id, numbers)
    WHERE orders_order.id = shown.order_id
"""

_CANCEL = """
    WITH step AS (
        SELECT order_id, status FROM unnest(%(order_ids)s::uuid[], %(states)s::text[]) AS step (order_id, status)
    ), cancelled AS (
        UPDATE orders_order
        SET status = step.status, cancelled_from = orders_order.status, cancelled_at = statement_timestamp(),
            cancellation_reason = %(reason)s
        FROM step WHERE orders_order.id = step.order_id
    )
    UPDATE orders_orderline SET cancelled_quantity = quantity - fulfilled_quantity
    FROM step WHERE orders_orderline.order_id = step.order_id AND fulfilled_quantity < quantity
"""

_OPEN_LINES = """
    SELECT order_id, line_no, quantity, quantity - fulfilled_quantity - cancelled_quantity
    FROM orders_orderline
    WHERE order_id = ANY(%(order_ids)s::uuid[])
    ORDER BY order_id, line_no
"""

# Shipment, quantities and status come from the same rows, so they can't differ.
_SHIP = """
    WITH shipped AS (
        SELECT order_id, status FROM unnest(%(order_ids)s::uuid[], %(states)s::text[]) AS shipped (order_id, status)
    ), taken AS (
        SELECT order_id, line_no, quantity
        FROM unnest(%(line_order_ids)s::uuid[], %(line_nos)s::integer[], %(quantities)s::integer[])
            AS taken (order_id, line_no, quantity)
    ), shipment AS (
        INSERT INTO orders_shipment (order_id, tracking, shipped_at, completes_order)
        SELECT order_id, %(tracking)s, statement_timestamp(), status = 'fulfilled' FROM shipped ORDER BY order_id
        RETURNING id, order_id
    ), shipment_line AS (
        INSERT INTO orders_shipmentline (shipment_id, line_no, quantity)
        SELECT shipment.id, line_no, quantity FROM taken JOIN shipment ON shipment.order_id = taken.order_id
    ), line AS (
        UPDATE orders_orderline SET fulfilled_quantity = fulfilled_quantity + taken.quantity
        FROM taken
        WHERE orders_orderline.order_id = taken.order_id AND orders_orderline.line_no = taken.line_no
    ), moved AS (
        UPDATE orders_order SET status = shipped.status FROM shipped WHERE orders_order.id = shipped.order_id
    )
    SELECT id FROM shipment ORDER BY id
"""


class Shipped(NamedTuple):
    """An order of which something is sent: its next status, and the units of its lines by their numbers."""

    order_id: UUID
    status: str
    taken: Mapping[int, int]


class Step(NamedTuple):
    """An entry of a timeline: the type of an event, and what it says for people."""

    order_id: UUID
    event: str
    detail: Mapping[str, Any]
    cause: Cause


# Orders wait in the order of their ids, which is that of their placing. Few wait: the search begins with them, not with
# the lines that there ever were of a sku.
_QUEUE_POSITION = """
    SELECT 1 + count(*)
    FROM orders_order AS earlier
    WHERE earlier.status = 'backordered' AND earlier.id < %(order_id)s
        AND EXISTS (
            SELECT FROM orders_orderline AS line
            WHERE line.order_id = earlier.id
                AND line.sku IN (SELECT asked.sku FROM orders_orderline AS asked WHERE asked.order_id = %(order_id)s)
        )
"""


# Since when others may be writing entries that nobody else sees yet: whoever writes them has this lock from before the
# first of their ids until the commit. Whose start is not to be seen, as it is another role, or is still to come, as the
# clock was set back, may have begun at any time.
_WRITING_SINCE = """
    SELECT least(clock_timestamp(), min(
        CASE WHEN writer.xact_start <= clock_timestamp() THEN writer.xact_start ELSE '-infinity' END
    ))::text
    FROM pg_locks AS held JOIN pg_stat_activity AS writer USING (pid)
    WHERE held.relation = 'orders_timelineentry'::regclass AND held.mode = 'RowExclusiveLock'
        AND writer.datname = current_database() AND writer.backend_xid IS NOT NULL AND pid <> pg_backend_pid()
"""

# The latest entry before that time: those with lower ids got them earlier, so that whoever wrote them has ended. The
# margin is for the moment between the time and the id of an entry, and until a start is to be seen.
_LATEST_SETTLED = """
    SELECT
        coalesce((
            SELECT id FROM orders_timelineentry
            WHERE at < %(writing_since)s::timestamptz - make_interval(secs => %(margin)s) ORDER BY id DESC LIMIT 1
        ), 0),
        coalesce((SELECT min(id) FROM orders_timelineentry WHERE id > %(after)s), 0),
        coalesce(pg_sequence_last_value(pg_get_serial_sequence('orders_timelineentry', 'id')), 0)
"""
SETTLED_MARGIN = 1.0  # seconds


class SettledTimeline(NamedTuple):
    """Up to where the entries of all timelines are complete, by ids; 0 where there is none.

    Attributes:
        latest: of the latest entry before which no other can appear.
        following: of the first entry after the one that was asked for, settled or not.
        last_given: that an entry was given last, whether it is there or not.
    """

    latest: int
    following: int
    last_given: int


def settled_timeline(*, after: int = 0) -> SettledTimeline:
    """Up to where the entries are complete. Two statements: the second has to see what had ended by the first."""
    ((writing_since,),) = execute(_WRITING_SINCE)
    (row,) = execute(_LATEST_SETTLED, writing_since=writing_since, margin=SETTLED_MARGIN, after=after)
    return SettledTimeline(*row)


def recorded_orders(order_ids: Collection[UUID], states: Iterable[str]) -> list[tuple[Any, ...]]:
    """Orders that are in one of these states, or were cancelled in one.

    Each is its id, its lines as JSON, and the columns of a snapshot, taxes and parties as JSON.
    """
    return execute(_RECORDED, order_ids=texts_of_ids(order_ids), states=[str(state) for state in states])


def ordered_lines(order_ids: Collection[UUID]) -> list[tuple[UUID, str, bool]]:
    """The ids of orders, with the sku and the quantity of each line as JSON, and whether they may wait for stock."""
    return execute(_ORDERED_LINES, order_ids=texts_of_ids(order_ids))


def confirm(causes: Mapping[UUID, Cause]) -> list[tuple[Any, ...]]:
    """Confirm orders that may still be, given by id with what confirms them, and say so on their timelines.

    Those that were confirmed are returned, as `recorded_orders` has them, and locked.
    """
    return execute(
        _CONFIRM,
        order_ids=texts_of_ids(causes),
        sources=[source.value for source in sources_of(Status.CONFIRMED)],
        event=OrderConfirmed.TYPE,
        **_columns_of(causes.values()),
    )


def backorder(shortages: Mapping[UUID, object]) -> None:
    """Have orders that are locked wait, with what each is short of, by order id."""
    execute(_BACKORDER, order_ids=texts_of_ids(shortages), shortages=_as_json(shortages.values()))


def reject(rejections: Mapping[UUID, object]) -> None:
    """Reject orders that are locked, with the reason and what each was short of, by order id."""
    execute(_REJECT, order_ids=texts_of_ids(rejections), rejections=_as_json(rejections.values()))


def show_invoices(invoices: Mapping[UUID, tuple[str, Cause]]) -> None:
    """Show invoices on their orders and on the timelines of these, given by order id: the number, and what tells of it.
    An order that shows one already stays as it is."""
    execute(
        _SHOW_INVOICES,
        order_ids=texts_of_ids(invoices),
        numbers=[number for number, _ in invoices.values()],
        event=InvoiceIssued.TYPE,
        **_columns_of(cause for _, cause in invoices.values()),
    )


def set_credit_notes(numbers: Mapping[UUID, Sequence[str]]) -> None:
    """Show credit notes on their orders: all numbers of each, by order id."""
    if numbers:
        execute(_SET_CREDIT_NOTES, order_ids=texts_of_ids(numbers), numbers=_as_json(numbers.values()))


def note(steps: Sequence[Step]) -> None:
    """Add to the timelines of orders."""
    if steps:
        execute(
            _NOTE,
            order_ids=texts_of_ids(step.order_id for step in steps),
            events=[step.event for step in steps],
            details=_as_json(step.detail for step in steps),
            **_columns_of(step.cause for step in steps),
        )


def cancel(steps: Mapping[UUID, str], reason: str) -> None:
    """Cancel what is open of orders that are locked, given by id with their next statuses."""
    if steps:
        states = [str(status) for status in steps.values()]
        execute(_CANCEL, order_ids=texts_of_ids(steps), states=states, reason=reason)


def open_lines(order_ids: Iterable[UUID]) -> dict[UUID, dict[int, OpenLine]]:
    """What is open of the lines of orders, by order id and line number."""
    lines: dict[UUID, dict[int, OpenLine]] = defaultdict(dict)
    for order_id, line_no, ordered, left in execute(_OPEN_LINES, order_ids=texts_of_ids(order_ids)):
        lines[order_id][line_no] = OpenLine(ordered, left)
    return lines


def ship(shipped: Sequence[Shipped], tracking: str) -> list[int]:
    """Write a shipment for each of these orders, which are locked; the shipments' ids."""
    if not shipped:
        return []
    lines = [(text_of_id(each.order_id), *line) for each in shipped for line in each.taken.items()]
    line_order_ids, line_nos, quantities = zip(*lines, strict=True)
    rows = execute(
        _SHIP,
        order_ids=texts_of_ids(each.order_id for each in shipped),
        states=[str(each.status) for each in shipped],
        tracking=tracking,
        line_order_ids=list(line_order_ids),
        line_nos=list(line_nos),
        quantities=list(quantities),
    )
    return [shipment_id for (shipment_id,) in rows]


def queue_position(order_id: UUID) -> int:
    """1, and one more for each order before this one that waits for any of its skus."""
    ((position,),) = execute(_QUEUE_POSITION, order_id=text_of_id(order_id))
    return int(position)


def _columns_of(causes: Iterable[Cause]) -> dict[str, list[str]]:
    kinds_and_ids = [(str(cause.kind), cause.id) for cause in causes]
    return {
        "cause_kinds": [kind for kind, _ in kinds_and_ids],
        "cause_ids": [cause_id for _, cause_id in kinds_and_ids],
    }


def _as_json(values: Iterable[object]) -> list[str]:
    return [msgspec.json.encode(value).decode() for value in values]
