"""What the statements of several checks share: tables of events on their way, and of how far back evidence is kept.

Evidence is deleted one day (inbox entries, timelines). What is older than the horizon that `prune` has on record is not
judged by it; what is younger is, be it there or not. The operator may know better since when it is kept. Deleting
evidence must not be a way to silence the audit, so what is younger than `KEPT_AT_LEAST` is always judged.
"""

from collections.abc import Mapping
from datetime import timedelta

from operations.audit.known_tables import known_tables

KEPT_AT_LEAST = timedelta(days=7)  # inbox entries outlive the topics' records, which Kafka keeps for a week
ROLL_OUT = timedelta(days=1)  # for so long, processes of the former version may go on beside those of the new one


def id_time(column: str) -> str:
    """SQL for the time at which a UUIDv7 was made; of any other UUID it makes a time that is far off."""
    return f"to_timestamp(('x' || left(replace({column}::text, '-', ''), 12))::bit(48)::bigint / 1000.0)"


def was_confirmed(order: str) -> str:
    """SQL for whether an order, by the alias of its row, was ever confirmed."""
    confirmed = f"{order}.status IN ('confirmed', 'partly_fulfilled', 'fulfilled')"
    return f"({confirmed} OR {order}.cancelled_from = 'confirmed')"


# A CTE that a statement does not name costs nothing.
TABLES = f"""
    -- Of the tables' own rows, which is what the seals are of.
    sealed_invoice (number, order_id, issued_at, digest) AS NOT MATERIALIZED (
        SELECT number, order_id, issued_at, operations_invoice_digest(invoice.*) FROM invoicing_invoice AS invoice
    ),
    sealed_credit_note (number, order_id, digest) AS NOT MATERIALIZED (
        SELECT number, order_id, operations_credit_note_digest(note.*) FROM invoicing_creditnote AS note
    ),
    {known_tables()},
    -- Which consumer takes effect by which type of event.
    reader (consumer, type) AS (
        VALUES ('inventory', 'order.placed.v1'), ('orders', 'stock.reserved.v1'), ('orders', 'stock.rejected.v1'),
            ('orders', 'stock.backordered.v1'),
            ('invoicing', 'order.confirmed.v1'), ('invoicing', 'order.cancelled.v1'), ('orders', 'invoice.issued.v1'),
            ('inventory', 'order.cancelled.v1'),
            ('inventory', 'order.partly_fulfilled.v1'), ('inventory', 'order.fulfilled.v1'),
            ('orders', 'credit_note.issued.v1'), ('inventory', 'credit_note.issued.v1')
    ),
    -- Events that wait to be delivered, wait for a person, or were discarded by one, for each consumer of theirs.
    -- A replayed event must show its effect.
    in_flight (consumer, type, key) AS (
        SELECT reader.consumer, message.type, message.key
        FROM messaging_outboxmessage AS message JOIN reader ON reader.type = message.type
        UNION ALL
        SELECT letter.consumer, letter.event_type, letter.key
        FROM messaging_deadletter AS letter
        WHERE letter.state <> 'replayed'
    ),
    currency (code, decimals) AS (
        SELECT code, decimals::integer FROM jsonb_each_text(%(decimals)s::jsonb) AS currency (code, decimals)
    ),
    -- Since when rows of a kind are kept: everything, if it was never pruned.
    kept (kind, since) AS (
        SELECT kind, coalesce(
            %(since)s::timestamptz,
            least(coalesce(pruned_before, '-infinity'), statement_timestamp() - %(kept_at_least)s)
        )
        FROM (VALUES ('inbox'), ('timelines')) AS evidence (kind)
            LEFT JOIN operations_retentionhorizon AS horizon USING (kind)
    ),
    -- Orders that were placed before this time may have lost their timelines.
    timelines_kept (since) AS (
        SELECT since FROM kept WHERE kind = 'timelines'
    ),
    -- What took effect before `since` may have lost its inbox entry. Until `keyless_until` they may have no key: the
    -- time of the last one without, if the first entry is older than the migration that gave them keys.
    inbox_kept (since, keyless_until) AS (
        SELECT
            (SELECT since FROM kept WHERE kind = 'inbox'),
            coalesce(
                CASE WHEN min(handled_at) < min(applied)
                    THEN max(handled_at) FILTER (WHERE key = '' AND handled_at < applied + %(roll_out)s) END,
                '-infinity'
            )
        FROM messaging_inboxentry
            LEFT JOIN django_migrations ON app = 'messaging' AND name = '0005_inbox_knows_keys'
    ),
    -- Steps of before this time may have no cause; none may where the first order came after the causes.
    causes_kept (since) AS (
        SELECT CASE WHEN {id_time("first.id")} < applied THEN applied + %(roll_out)s ELSE '-infinity' END
        FROM (SELECT id FROM orders_order ORDER BY id LIMIT 1) AS first
            LEFT JOIN django_migrations ON app = 'orders' AND name = '0003_order_life'
    ),
    -- Orders of before this time may have no digest; none may where the first order came after the digests.
    digests_kept (since) AS (
        SELECT CASE WHEN {id_time("first.id")} < applied THEN applied + %(roll_out)s ELSE '-infinity' END
        FROM (SELECT id FROM orders_order ORDER BY id LIMIT 1) AS first
            LEFT JOIN django_migrations ON app = 'orders' AND name = '0002_order_digest'
    ),
    -- Adjustments of before this time may have no reason; none may where the first movement came after the reasons.
    reasons_kept (since) AS (
        SELECT CASE WHEN first.at < applied THEN applied + %(roll_out)s ELSE '-infinity' END
        FROM (SELECT at FROM inventory_stockmovement ORDER BY id LIMIT 1) AS first
            LEFT JOIN django_migrations ON app = 'inventory' AND name = '0004_warehouse'
    )
"""

# What the report says of each kind of evidence: since when the audit can judge by it; without a time, by all there was.
JUDGED_SINCE: Mapping[str, str] = {
    "inbox entries": "SELECT nullif(greatest(since, keyless_until), '-infinity') FROM inbox_kept",
    "timelines": "SELECT nullif(since, '-infinity') FROM timelines_kept",
    "idempotency records": "SELECT min(pruned_before) FROM operations_retentionhorizon WHERE kind = 'idempotency'",
    "resolved dead letters": "SELECT min(pruned_before) FROM operations_retentionhorizon WHERE kind = 'dead_letters'",
}
