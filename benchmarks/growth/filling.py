"""Filling a database with orders that cannot be told from placed ones: the templates' rows with other ids and times.

`audit_pipeline` is the judge of that. Orders are spread over a year, in batches; whatever is numbered or told in the
order of time (documents, movements, timelines) is so by the times of the copies. Nothing was pruned.
"""

from collections.abc import Mapping

from psycopg2 import extensions

from benchmarks.growth.templates import KINDS
from benchmarks.servers import Servers
from devstack.console import Say
from operations.audit.digests import digests

DAYS = 365
BATCH = 10_000
PAUSE = "10 minutes"  # between two batches, longer than a template's life: no batch begins before the one before ends
SLOTS = sum(share for share, _ in KINDS.values())
ORDERS_OF_A_CUSTOMER = 20  # on average; some have a thousand times as many

_SETTINGS = """
    SET session_replication_role = replica; -- triggers and foreign keys are what the audit looks after
    SET synchronous_commit = off;
    SET work_mem = '128MB';
    SET jit = off
"""


def fill(servers: Servers, database: str, orders: int, say: Say) -> None:
    """Fill a copy of the templates' database with so many orders; the newest is of a few minutes ago."""
    connection = servers.connect(database)
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        slots = [kind for kind, (share, _) in KINDS.items() for _ in range(share)]
        cursor.execute(_PREPARE, {"days": DAYS, "slots": slots})
        for number, first in enumerate(range(1, orders + 1, BATCH)):
            if number % 10 == 0:
                say(f"{database}: {first - 1:,} of {orders:,} orders are filled in")
            _fill_batch(cursor, number, first, min(first + BATCH - 1, orders), orders)
        cursor.execute(_FINISH)
        cursor.execute("DROP SCHEMA growth CASCADE")
        cursor.execute("VACUUM (ANALYZE)")
    connection.close()


def _fill_batch(cursor: extensions.cursor, number: int, first: int, last: int, orders: int) -> None:
    cursor.execute(
        _BATCH,
        {
            "first": first,
            "last": last,
            "slots": SLOTS,
            "pause": PAUSE,
            "days": DAYS,
            "number": number,
            "batches": -(-orders // BATCH),
            "customers": max(1, orders // ORDERS_OF_A_CUSTOMER),
        },
    )
    for table in ("orders_order", "orders_orderline"):
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}; CREATE TEMP TABLE {table} (LIKE public.{table})")
        _copy(cursor, table, into=f"pg_temp.{table}")
    cursor.execute(_DIGESTS)
    for table in ("orders_order", "orders_orderline"):
        cursor.execute(f"INSERT INTO public.{table} SELECT * FROM pg_temp.{table}")
    for table in _COPIES:
        if table not in ("orders_order", "orders_orderline"):
            _copy(cursor, table)
    cursor.execute(_COUNTERS)


def _copy(cursor: extensions.cursor, table: str, *, into: str = "") -> None:
    """Insert the copies of a table's rows: all columns are those of the template, but for what _COPIES says."""
    joined, changes, order = _COPIES[table]
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
        "ORDER BY ordinal_position",
        [table],
    )
    columns = [f'"{name}"' for (name,) in cursor.fetchall() if changes.get(name) != _BY_DEFAULT]
    values = (changes.get(column.strip('"'), f"t.{column}") for column in columns)
    insert = (
        f"INSERT INTO {into or f'public.{table}'} AS copy ({', '.join(columns)}) SELECT {', '.join(values)} "
        f"FROM growth.{table} AS t JOIN batch AS b ON b.was = {joined} {f'ORDER BY {order}' if order else ''}"
    )
    cursor.execute(_SEALED[table].format(insert) if table in _SEALED else insert)


_PREPARE = """
    -- The id of a copy: of a time that is as much later as the copy is, and random else, but always the same.
    CREATE FUNCTION growth.moved(was uuid, milliseconds bigint, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT (lpad(to_hex(
            ('x' || left(replace(was::text, '-', ''), 12))::bit(48)::bigint + milliseconds), 12, '0'
        ) || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid
        FROM md5(was::text || n) AS hash
    $$;

    -- Everything that was there before the first order is older than that.
    UPDATE django_migrations SET applied = applied - INTERVAL '1 day' * (%(days)s + 2);
    UPDATE inventory_stockmovement SET at = at - INTERVAL '1 day' * (%(days)s + 1);

    CREATE TABLE growth.clock AS SELECT now() - INTERVAL '1 day' * %(days)s AS began;
    CREATE TABLE growth.template AS
        SELECT kind.kind, kind.id, o.placed_at, o.customer_id, o.reference,
            (SELECT body::jsonb ->> 'placed_at' FROM growth.api_idempotencyrecord AS response
                WHERE response.body::jsonb ->> 'id' = kind.id::text) AS placed_at_text,
            row_number() OVER (PARTITION BY kind.kind ORDER BY kind.id) - 1 AS place,
            count(*) OVER (PARTITION BY kind.kind) AS places
        FROM growth.kind AS kind JOIN growth.orders_order AS o USING (id);
    CREATE TABLE growth.slot AS
        SELECT slot - 1 AS slot, kind FROM unnest(%(slots)s::text[]) WITH ORDINALITY AS each (kind, slot);
    ANALYZE growth.template, growth.slot;
"""

# 7919 has no factor in common with 1000, so kinds are mixed. A customer's number is a random share of all to the power
# of three: the first ones order most.
_BATCH = """
    DROP TABLE IF EXISTS batch, renamed;
    CREATE TEMP TABLE batch AS
        WITH placed AS (
            SELECT n, template.id AS was, template.placed_at AS was_at, placed_at_text,
                template.customer_id AS was_customer, template.reference AS was_reference,
                (1000 * extract(epoch FROM
                    began + INTERVAL '1 day' * %(days)s / %(batches)s * %(number)s
                    + (INTERVAL '1 day' * %(days)s / %(batches)s - INTERVAL %(pause)s)
                        * ((n - %(first)s)::float / (%(last)s - %(first)s + 1))
                    - template.placed_at
                ))::bigint AS ms,
                'C-' || floor(%(customers)s * power(
                    ('x' || left(md5('customer' || n), 8))::bit(32)::bigint / 4294967296.0, 3
                )) AS customer_id,
                'PO-' || lpad(n::text, 8, '0') AS reference
            FROM growth.clock, generate_series(%(first)s::bigint, %(last)s::bigint) AS n
                JOIN growth.slot ON slot = n * 7919 %% %(slots)s
                JOIN growth.template ON template.kind = slot.kind AND place = n / %(slots)s %% places
        )
        SELECT placed.*, growth.moved(was, ms, n) AS id, INTERVAL '1 millisecond' * ms AS later,
            was_at + INTERVAL '1 millisecond' * ms AS placed_at
        FROM placed;
    CREATE INDEX ON batch (was);
    ANALYZE batch;

    -- Numbers of documents and shipments, in the order of their times.
    CREATE TEMP TABLE renamed (n bigint, was text, now text, series text, year integer, sequence bigint);
    INSERT INTO renamed
        SELECT n, number,
            series || '-' || year || '-' || lpad(sequence::text, greatest(6, length(sequence::text)), '0'),
            series, year, sequence
        FROM (
            SELECT n, number, dated.series, dated.year, coalesce(last, 0) + row_number() OVER (
                PARTITION BY dated.series, dated.year ORDER BY issued_at, n
            ) AS sequence
            FROM (
                SELECT n, number, series, issued_at + later AS issued_at,
                    extract(year FROM (issued_at + later) AT TIME ZONE time_zone)::integer AS year
                FROM (
                    SELECT number, series, order_id, issued_at, time_zone FROM growth.invoicing_invoice
                    UNION ALL
                    SELECT number, series, order_id, issued_at, time_zone FROM growth.invoicing_creditnote
                ) AS document JOIN batch ON batch.was = order_id
            ) AS dated
                LEFT JOIN invoicing_invoicecounter AS counter
                    ON counter.series = dated.series AND counter.year = dated.year
        ) AS numbered;
    INSERT INTO renamed (n, was, now, sequence)
        SELECT n, 'S-' || lpad(was::text, greatest(6, length(was::text)), '0'),
            'S-' || lpad(id::text, greatest(6, length(id::text)), '0'), id
        FROM (
            SELECT n, was, nextval(pg_get_serial_sequence('orders_shipment', 'id')) AS id
            FROM (
                SELECT n, shipment.id AS was
                FROM growth.orders_shipment AS shipment JOIN batch ON batch.was = order_id
                ORDER BY shipped_at + later, n
            ) AS sent
        ) AS numbered;
    CREATE INDEX ON renamed (n, was);
    ANALYZE renamed
"""


def _renamed(column: str, what: str = "now") -> str:
    return f"(SELECT {what} FROM renamed WHERE renamed.n = b.n AND renamed.was = {column})"


def _rewritten(column: str) -> str:
    """A text with the copy's id, customer, reference and time of placing instead of the template's."""
    names = {"was::text": "id::text", "was_customer": "customer_id", "was_reference": "reference"}
    for was, now in names.items():
        column = f"replace({column}, b.{was}, b.{now})"
    moment = """to_char(b.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"replace({column}, b.placed_at_text, {moment})"


_BY_DEFAULT = ""
_SHIPMENT = "'S-' || lpad({0}::text, greatest(6, length({0}::text)), '0')"
_TEXT = "convert_from(t.body, 'UTF8')"
_DETAIL = (
    "t.detail || CASE "
    + "".join(
        f"WHEN t.detail ? '{name}' THEN jsonb_build_object('{name}', " + _renamed(f"t.detail ->> '{name}'") + ") "
        for name in ("number", "shipment")
    )
    + "ELSE '{}' END"
)
_DOCUMENT = {
    "number": _renamed("t.number"),
    "year": _renamed("t.number", "year"),
    "sequence": _renamed("t.number", "sequence"),
    "order_id": "b.id",
    "order_reference": "b.reference",
    "customer_id": "b.customer_id",
    "issued_at": "t.issued_at + b.later",
    "bill_to": "t.bill_to || jsonb_build_object('customer_id', b.customer_id)",
}

# For each table: the template's order that a row is of, what differs from the template's row, and the order of ids.
_COPIES: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "orders_order": (
        "t.id",
        {
            "id": "b.id",
            "customer_id": "b.customer_id",
            "reference": "b.reference",
            "placed_at": "b.placed_at",
            "cancelled_at": "t.cancelled_at + b.later",
            "invoice_number": "coalesce(" + _renamed("t.invoice_number") + ", '')",
            "credit_notes": "(SELECT coalesce(jsonb_agg(now ORDER BY now), '[]') FROM renamed "
            "WHERE renamed.n = b.n AND t.credit_notes ? renamed.was)",
            "correlation_id": "md5('request' || b.n)::uuid::text",
        },
        "",
    ),
    "orders_orderline": ("t.order_id", {"order_id": "b.id"}, "b.n, t.line_no"),
    "orders_timelineentry": (
        "t.order_id",
        {
            "id": _BY_DEFAULT,
            "order_id": "b.id",
            "at": "t.at + b.later",
            "detail": _DETAIL,
            "cause_id": "CASE t.cause_kind WHEN 'event' THEN growth.moved(t.cause_id::uuid, b.ms, b.n)::text "
            "ELSE t.cause_id END",
        },
        "t.at + b.later, b.n, t.id",
    ),
    "orders_shipment": (
        "t.order_id",
        {
            "id": _renamed(_SHIPMENT.format("t.id"), "sequence"),
            "order_id": "b.id",
            "shipped_at": "t.shipped_at + b.later",
        },
        "",
    ),
    "orders_shipmentline": (
        "(SELECT order_id FROM growth.orders_shipment AS shipment WHERE shipment.id = t.shipment_id)",
        {"shipment_id": _renamed(_SHIPMENT.format("t.shipment_id"), "sequence")},
        "",
    ),
    "inventory_stockanswer": ("t.order_id", {"order_id": "b.id", "at": "t.at + b.later"}, "b.n"),
    "inventory_reservation": ("t.answer_id", {"answer_id": "b.id"}, "b.n"),
    "inventory_backorderline": ("t.order_id", {"order_id": "b.id"}, ""),
    "inventory_stockmovement": (
        "t.order_id",
        {
            "id": _BY_DEFAULT,
            "order_id": "b.id",
            "at": "t.at + b.later",
            "reference": "coalesce(" + _renamed("t.reference") + ", '')",
        },
        "t.at + b.later, b.n, t.id",
    ),
    "invoicing_invoice": (
        "t.order_id",
        _DOCUMENT | {"due_date": "((t.issued_at + b.later) AT TIME ZONE t.time_zone)::date + t.payment_days"},
        "t.issued_at + b.later",
    ),
    "invoicing_creditnote": ("t.order_id", _DOCUMENT | {"invoice_number": _renamed("t.invoice_number")}, ""),
    "invoicing_cancelledorder": ("t.order_id", {"order_id": "b.id", "at": "t.at + b.later"}, ""),
    "messaging_inboxentry": (
        "t.key::uuid",
        {
            "event_id": "growth.moved(t.event_id, b.ms, b.n)",
            "key": "b.id::text",
            "handled_at": "t.handled_at + b.later",
        },
        "t.handled_at + b.later",
    ),
    "messaging_deadletter": (
        "t.key::uuid",
        {
            "id": _BY_DEFAULT,
            "key": "b.id::text",
            "offset": 't."offset" + 10 * b.n',
            "timestamp": 't."timestamp" + b.ms',
            "headers": _rewritten("t.headers::text") + "::jsonb",
            "body": f"convert_to({_rewritten(_TEXT)}, 'UTF8')",
            "error": _rewritten("t.error"),
            "created_at": "t.created_at + b.later",
            "resolved_at": "t.resolved_at + b.later",
        },
        "b.n",
    ),
    "api_idempotencyrecord": (
        "(t.body::jsonb ->> 'id')::uuid",
        {
            "id": _BY_DEFAULT,
            "key": "'growth-' || b.n",
            "location": _rewritten("t.location"),
            "body": _rewritten("t.body"),
            "created_at": "t.created_at + b.later",
        },
        "b.n",
    ),
}

_DIGESTS = f"""
    WITH {digests("IS NOT NULL")}
    UPDATE pg_temp.orders_order AS o SET digest = computed FROM now_is WHERE now_is.id = o.id
"""
_SEALED = {
    "invoicing_invoice": """
        WITH issued AS ({} RETURNING number, operations_invoice_digest(copy) AS digest)
        INSERT INTO operations_invoiceseal (number, digest) SELECT number, digest FROM issued
    """,
    "invoicing_creditnote": """
        WITH issued AS ({} RETURNING number, operations_credit_note_digest(copy) AS digest)
        INSERT INTO operations_creditnoteseal (number, digest) SELECT number, digest FROM issued
    """,
}
_COUNTERS = """
    INSERT INTO invoicing_invoicecounter AS counter (series, year, last)
        SELECT series, year, max(sequence) FROM renamed WHERE series IS NOT NULL GROUP BY series, year
    ON CONFLICT (series, year) DO UPDATE SET last = excluded.last
"""
_FINISH = """
    UPDATE inventory_stockitem AS item
    SET on_hand = ledger.on_hand, reserved = ledger.reserved, backordered = ledger.backordered
    FROM (
        SELECT sku, sum(on_hand_change) AS on_hand, sum(reserved_change) AS reserved,
            sum(backordered_change) AS backordered
        FROM inventory_stockmovement GROUP BY sku
    ) AS ledger
    WHERE ledger.sku = item.sku
"""
