"""The kinds of rows that are deleted one day, and the tables of which nothing ever is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

_WITH_TIME = timedelta(0)  # rows that say by themselves until when they are of use


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of a table that are deleted once they are due.

    Attributes:
        name: as commands and metrics call it.
        title: for people.
        table: of the database.
        order: columns that tell each row from all others, by which the table is gone through, oldest first.
        due: SQL for which rows are due, with %(before)s, the time until which rows are; %(before_id)s, the smallest
            UUIDv7 of that time; and %(part)s.
        parts: SQL for the values of %(part)s, where the table is gone through in parts.
        part_column: the column of `order` that has the part's value in all of its rows.
        outlives_topics: a row must be there as long as Kafka may deliver its event again.
    """

    name: str
    title: str
    table: str
    order: tuple[str, ...]
    due: str
    parts: str = "SELECT 1 WHERE %(before)s IS NOT NULL"
    part_column: str = ""
    outlives_topics: bool = False

    @property
    def keep(self) -> timedelta | None:
        """How long rows are kept; None: for ever."""
        keep: timedelta | None = settings.RETENTION.get(self.name, _WITH_TIME)
        return keep


# Event ids are UUIDv7, so that each consumer's entries lie in the primary key by the age of their events: an index on
# the time would cost each event an insert. An entry is never older than its event.
INBOX = Kind(
    name="inbox",
    title="inbox entries",
    table="messaging_inboxentry",
    order=("consumer", "event_id"),
    due="consumer = %(part)s AND event_id < %(before_id)s AND handled_at < %(before)s",
    parts="""
        WITH RECURSIVE found (consumer) AS (
            SELECT min(consumer) FROM messaging_inboxentry
            UNION ALL
            SELECT (SELECT min(consumer) FROM messaging_inboxentry AS entry WHERE entry.consumer > found.consumer)
            FROM found WHERE consumer IS NOT NULL
        )
        SELECT consumer FROM found WHERE consumer IS NOT NULL
    """,
    part_column="consumer",
    outlives_topics=True,
)

# A letter that was discarded is why its order goes no further: it stays, unless what its event was for has come about
# all the same. Of events that an order may have several of, that is not looked for. Otherwise the audit would find an
# order that is stuck, and no reason for it.
_EXPLAINS_ITS_ORDER = r"""
    CASE WHEN messaging_deadletter.key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN EXISTS (
        SELECT FROM orders_order AS o
        WHERE o.id = messaging_deadletter.key::uuid
            AND NOT CASE messaging_deadletter.consumer || ' ' || messaging_deadletter.event_type
            WHEN 'inventory order.placed.v1'
                THEN EXISTS (SELECT FROM inventory_stockanswer AS decision WHERE decision.order_id = o.id)
            WHEN 'orders stock.backordered.v1' THEN o.status <> 'placed'
            WHEN 'orders stock.reserved.v1' THEN o.status NOT IN ('placed', 'backordered')
            WHEN 'orders stock.rejected.v1' THEN o.status NOT IN ('placed', 'backordered')
            WHEN 'invoicing order.confirmed.v1'
                THEN EXISTS (SELECT FROM invoicing_invoice AS invoice WHERE invoice.order_id = o.id)
            WHEN 'invoicing order.cancelled.v1'
                THEN EXISTS (SELECT FROM invoicing_cancelledorder AS cancelled WHERE cancelled.order_id = o.id)
            WHEN 'orders invoice.issued.v1' THEN o.invoice_number <> ''
            ELSE false
        END
    ) ELSE false END
"""
DEAD_LETTERS = Kind(
    name="dead_letters",
    title="resolved dead letters",
    table="messaging_deadletter",
    order=("id",),
    due=f"resolved_at < %(before)s AND (state = 'replayed' OR state = 'discarded' AND NOT {_EXPLAINS_ITS_ORDER})",
    outlives_topics=True,
)

REPLAYS = Kind(
    name="replays",
    title="replays that have ended",
    table="messaging_replay",
    order=("id",),
    due="finished_at < %(before)s",
)

IDEMPOTENCY = Kind(
    name="idempotency",
    title="stored responses",
    table="api_idempotencyrecord",
    order=("created_at", "id"),
    due="created_at < %(before)s",
)

# Of orders that are still to be decided on, invoiced or sent, all is kept. Ids are UUIDv7: entries of orders that were
# placed before lie together.
TIMELINES = Kind(
    name="timelines",
    title="timeline entries",
    table="orders_timelineentry",
    order=("order_id", "id"),
    due="""
        order_id < %(before_id)s AND at < %(before)s AND EXISTS (
            SELECT FROM orders_order AS o
            WHERE o.id = orders_timelineentry.order_id AND (
                o.status IN ('rejected', 'cancelled', 'fulfilled') OR o.status = 'confirmed' AND o.invoice_number <> ''
            )
        )
    """,
)

KINDS = (
    INBOX,
    IDEMPOTENCY,
    DEAD_LETTERS,
    REPLAYS,
    TIMELINES,
    Kind(
        name="admin_log",
        title="entries of the admin's log",
        table="django_admin_log",
        order=("id",),
        due="action_time < %(before)s",
    ),
    Kind(
        name="sessions",
        title="sessions that have ended",
        table="django_session",
        order=("expire_date", "session_key"),
        due="expire_date < %(before)s",
    ),
    Kind(
        name="tokens",
        title="API tokens that have expired",
        table="knox_authtoken",
        order=("digest",),
        due="expiry < %(before)s",
    ),
    # As api.logins.backoff forgets them.
    Kind(
        name="login_failures",
        title="counters of failed log-ins",
        table="api_loginfailurecounter",
        order=("last_at", "key"),
        due="last_at < %(before)s - INTERVAL '1 day'",
    ),
    # A bucket that has long been full is as none.
    Kind(
        name="rate_limits",
        title="rate limit buckets",
        table="api_ratelimitbucket",
        order=("client_id",),
        due="full_at < %(before)s - INTERVAL '1 day'",
    ),
)

# Every other table, and why nothing of it is deleted for its age.
_BUSINESS = "a record of the business, which the law has kept for years: an operator's decision, not an age"
_EVIDENCE = "the audit judges by it"
_BOUNDED = "does not grow with orders"
KEPT: Mapping[str, str] = {
    "orders_order": _BUSINESS,
    "orders_orderline": _BUSINESS,
    "orders_shipment": _BUSINESS,
    "orders_shipmentline": _BUSINESS,
    "invoicing_invoice": _BUSINESS,
    "invoicing_creditnote": _BUSINESS,
    "invoicing_storeddocument": f"{_BUSINESS}; it is what the buyer was given",
    "invoicing_cancelledorder": "invoicing never bills what was cancelled, however late it hears of an order",
    "invoicing_invoicecounter": _BOUNDED,
    "inventory_stockmovement": f"{_BUSINESS}; levels are its sums",
    "inventory_stockanswer": _EVIDENCE,
    "inventory_reservation": "what is held; it goes with its order",
    "inventory_pendingreturn": "goods that are still to be issued: it goes when they are",
    "inventory_backorderline": "what is waited for; it goes with its order",
    "inventory_stockitem": _BOUNDED,
    "orders_product": _BOUNDED,
    "orders_price": f"{_BUSINESS}; a trigger keeps it",
    "orders_withdrawnprice": f"{_BUSINESS}; a trigger keeps it",
    "orders_pricelist": _BOUNDED,
    "messaging_outboxmessage": "is deleted once Kafka has it; what is parked waits for a person",
    "messaging_replayitem": "goes with its replay",
    "messaging_consecutivefailures": _BOUNDED,
    "messaging_relaylease": _BOUNDED,
    "operations_invoiceseal": _EVIDENCE,
    "operations_creditnoteseal": _EVIDENCE,
    "operations_importedreturn": "a file that is imported again credits nothing again, however old it is",
    "operations_retentionhorizon": _BOUNDED,
    "auth_user": _BOUNDED,
    "auth_group": _BOUNDED,
    "auth_permission": _BOUNDED,
    "django_content_type": _BOUNDED,
}
