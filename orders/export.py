"""Orders as CSV, a row for each line, that import_orders takes back.

The columns of an import come first, those that it has had since last. Texts that clients chose are neutralised as in a
file of rejects; the importer knows an export by its other columns, and undoes it.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from common.chunks import by_weight, chunks_of
from common.csv_files import Cells, csv_chunks, timestamp
from common.money import format_amount, format_price, plain_text
from common.spreadsheets import neutralise
from orders.importing.addresses import PARTIES, cells_of
from orders.importing.column_profiles import EXPORTED
from orders.models import Order, OrderLine

COLUMNS = EXPORTED

_ORDERS, _LINES = 500, 2000  # that are in memory at a time, but at least one order with its lines
_ORDER = (
    "reference",
    "customer_id",
    "currency",
    "placed_at",
    "status",
    "invoice_number",
    "allow_backorder",
    "taxes",
    *PARTIES,
)
_LINE = (
    "order_id",
    "line_no",
    "sku",
    "name",
    "quantity",
    "unit_price",
    "tax_rate",
    "net",
    "cancelled_quantity",
    "tax_category",
    "unit_code",
)


def order_csv(orders: QuerySet[Order]) -> Iterator[bytes]:
    """The file of these orders, the newest first, in chunks. Each order is as it was when its chunk was read."""
    return csv_chunks(COLUMNS, map(_rows, _batches(orders)))


def _batches(orders: QuerySet[Order]) -> Iterator[Sequence[Order]]:
    last = OrderLine.objects.filter(order=OuterRef("pk")).order_by("-line_no").values("line_no")[:1]
    for chunk in chunks_of(
        orders.only(*_ORDER).annotate(line_count=Subquery(last)), falling=("placed_at", "id"), size=_ORDERS
    ):
        yield from by_weight(chunk, _line_count, limit=_LINES)


def _line_count(order: Any) -> int:
    """The number of lines of an order, which was read with it."""
    return order.line_count or 0


def _rows(orders: Sequence[Order]) -> Iterator[Cells]:
    lines: dict[UUID, list[Sequence[Any]]] = {order.pk: [] for order in orders}
    found = OrderLine.objects.filter(order_id__in=lines).order_by("order_id", "line_no").values_list(*_LINE)
    for order_id, *line in found:
        lines[order_id].append(line)
    for order in orders:
        yield from _rows_of(order, lines[order.pk])


def _rows_of(order: Order, lines: Iterable[Sequence[Any]]) -> Iterator[Cells]:
    """The rows of an order. If it has no reference, they have its id instead: an import takes no order without one."""
    reference, customer_id = neutralise(order.reference or str(order.pk)), neutralise(order.customer_id)
    currency, placed_at = order.currency, timestamp(order.placed_at)
    addresses = [neutralise(cell) for party in PARTIES for cell in cells_of(getattr(order, party))]
    last = (order.status, neutralise(order.invoice_number), *addresses, str(order.allow_backorder).lower())
    reasons = {(Decimal(tax["rate"]), tax.get("category")): tax for tax in order.taxes}
    for line_no, sku, name, quantity, unit_price, tax_rate, net, cancelled, category, unit_code in lines:
        reason = reasons.get((tax_rate, category), {})
        yield (
            reference,
            customer_id,
            sku,
            quantity,
            format_price(unit_price, currency),
            currency,
            placed_at,
            order.pk,
            line_no,
            neutralise(name),
            plain_text(tax_rate),
            format_amount(net, currency),
            *last,
            cancelled,
            category,
            reason.get("reason_code") or "",
            neutralise(reason.get("reason") or ""),
            unit_code,
        )
