"""The SQL that erases what is known of a customer."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from common.ids import texts_of_ids
from common.sql import execute_once
from operations.audit.digests import digests
from orders.erased_references import erased_reference
from orders.models import Order

ERASED = "erased"  # instead of a text that there has to be

# An imported order stays known by what its reference became, or it would be imported again from the same file.
_ERASE_ORDERS = f"""
    UPDATE orders_order
    SET customer_id = %(pseudonym)s, reference = CASE source WHEN 'import' THEN erased.reference ELSE '' END,
        bill_to = NULL, ship_to = NULL, correlation_id = '', traceparent = '',
        cancellation_reason = CASE WHEN cancelled_at IS NULL THEN '' ELSE '{ERASED}' END
    FROM unnest(%(order_ids)s::uuid[], %(references)s::text[]) AS erased(id, reference)
    WHERE orders_order.id = erased.id
"""
# The audit compares the digest with the rows; an order of before there were digests has none.
_RENEW_DIGESTS = f"""
    WITH {digests("= ANY(%(order_ids)s::uuid[])")}
    UPDATE orders_order SET digest = computed FROM now_is WHERE orders_order.id = now_is.id AND now_is.digest <> ''
"""
_ERASE_REASONS_OF_TIMELINES = f"""
    UPDATE orders_timelineentry SET detail = jsonb_set(detail, '{{reason}}', '"{ERASED}"')
    WHERE order_id = ANY(%(order_ids)s::uuid[]) AND event = 'order.cancelled.v1' AND detail ? 'reason'
"""
_ERASE_REASONS_IN_INVOICING = f"""
    UPDATE invoicing_cancelledorder SET reason = '{ERASED}' WHERE order_id = ANY(%(order_ids)s::uuid[])
"""
# The row of a dead letter stays, with the type of its event and what became of it: it is why its order is as it is.
_ERASE_DEAD_LETTERS = f"""
    UPDATE messaging_deadletter
    SET headers = '[]', body = '', error = '', traceback = '', reason = CASE reason WHEN '' THEN '' ELSE '{ERASED}' END
    WHERE key = ANY(%(keys)s) AND state IN ('replayed', 'discarded')
        AND NOT (headers = '[]' AND body = '' AND error = '' AND traceback = '' AND reason IN ('', '{ERASED}'))
"""
# The body of a response is JSON as it was sent, so the customer's id stands in it as JSON writes it.
_OF_CUSTOMER = "position('\"customer_id\":' || %(customer)s IN body) > 0"
_PROMISED = "created_at > statement_timestamp() - INTERVAL '24 hours'"
_DELETE_RESPONSES = f"DELETE FROM api_idempotencyrecord WHERE {_OF_CUSTOMER} AND NOT {_PROMISED}"
_NEW_RESPONSES = f"SELECT count(*) FROM api_idempotencyrecord WHERE {_OF_CUSTOMER} AND {_PROMISED}"
# Ids that are written in another way: in capitals, with other blanks, or with a letter as other code points.
_SPELLED = r"lower(regexp_replace(normalize({}, NFKC), '\s+', ' ', 'g'))"
_OTHER_SPELLINGS = f"""
    SELECT DISTINCT customer_id FROM orders_order
    WHERE {_SPELLED.format("customer_id")} = {_SPELLED.format("%(customer)s")} AND customer_id <> %(customer)s
    ORDER BY customer_id LIMIT %(limit)s
"""


def erase_orders(orders: Collection[Order], *, pseudonym: str) -> None:
    """Have orders be of nobody, in the caller's transaction; they stay what was ordered, when and for how much."""
    parameters: dict[str, Any] = {
        "order_ids": texts_of_ids(order.pk for order in orders),
        "references": [erased_reference(order.reference) for order in orders],
        "pseudonym": pseudonym,
    }
    for statement in (_ERASE_ORDERS, _RENEW_DIGESTS, _ERASE_REASONS_OF_TIMELINES, _ERASE_REASONS_IN_INVOICING):
        _execute(statement, parameters)


def erase_dead_letters(order_ids: Collection[UUID]) -> int:
    """Empty the resolved dead letters of orders; how many there were."""
    return _execute(_ERASE_DEAD_LETTERS, {"keys": texts_of_ids(order_ids)})


def delete_responses(customer_id: str) -> int:
    """Delete the stored responses that name a customer; how many there were."""
    return len(_read_a_whole_table(f"{_DELETE_RESPONSES} RETURNING 1", customer=_as_json(customer_id)))


def responses_of_today(customer_id: str) -> int:
    """How many stored responses name a customer that clients are promised for 24 hours."""
    ((number,),) = _read_a_whole_table(_NEW_RESPONSES, customer=_as_json(customer_id))
    return int(number)


def other_spellings(customer_id: str, *, limit: int) -> list[str]:
    """Customers of orders whose ids differ from one in their spelling only."""
    return [found for (found,) in _read_a_whole_table(_OTHER_SPELLINGS, customer=customer_id, limit=limit)]


def _read_a_whole_table(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Execute a statement that no index is for; it takes as long as its table is, which is no sign of a fault."""
    with transaction.atomic():
        execute_once("SET LOCAL statement_timeout = 0")
        return execute_once(statement, **parameters)


def _as_json(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _execute(statement: str, parameters: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
