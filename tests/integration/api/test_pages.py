"""Keyset pages over rows that share a value."""

import json
from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import IntegerField
from django.db.models.functions import Cast
from django.test.utils import CaptureQueriesContext
from rest_framework.request import Request

from api.exceptions import BadParameters
from api.pagination import KeysetPagination
from orders.models import Order
from tests.factories import UserFactory

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def orders(db) -> list[Order]:
    """Twelve orders, newest first: three moments with four orders each."""
    client = UserFactory()
    for number in range(12):
        Order.objects.create(
            client=client,
            customer_id="C",
            currency="GBP",
            net=1,
            tax=0,
            total=1,
            taxes=[],
            placed_at=NOON + timedelta(minutes=number // 4),
        )
    return list(Order.objects.all())


class Pages:
    def __init__(self, rf, size: int) -> None:
        self._rf = rf
        self._size = size

    def get(self, url: str | None = None):
        request = self._rf.get(url or f"/orders?page_size={self._size}")
        paginator = KeysetPagination()
        rows = paginator.paginate_queryset(Order.objects.all(), Request(request))
        return rows, paginator.get_next_link(), paginator.get_previous_link()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 11, 12, 13])
def test_every_row_comes_once_forwards_and_backwards(rf, orders, size):
    pages = Pages(rf, size)
    rows, next_link, previous = pages.get()
    forwards = [*rows]
    assert previous is None
    while next_link:
        rows, next_link, previous = pages.get(next_link)
        forwards += rows
    backwards = [*rows]
    while previous:
        rows, _, previous = pages.get(previous)
        backwards = [*rows, *backwards]
    assert forwards == backwards == orders


def test_rows_that_come_meanwhile_shift_no_page(rf, orders):
    pages = Pages(rf, 4)
    first, next_link, _ = pages.get()
    Order.objects.filter(pk=orders[-1].pk).update(placed_at=NOON + timedelta(days=1))
    second, _, _ = pages.get(next_link)
    assert [*first, *second] == orders[:8]


def test_a_page_starts_by_a_comparison_of_rows_that_an_index_answers(rf, orders):
    pages = Pages(rf, 4)
    _, next_link, _ = pages.get()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        pages.get(next_link)
    (query,) = queries.captured_queries
    assert 'ROW("orders_order"."placed_at", "orders_order"."id") < (ROW(' in query["sql"]
    assert "OFFSET" not in query["sql"]


def test_an_empty_list_has_no_links(rf, db):
    assert Pages(rf, 4).get() == ([], None, None)


@pytest.mark.parametrize(
    "cursor", ["WzEsWyIyIl1d", "W2ZhbHNlLFsieCIsInkiXV0", "W2ZhbHNlLFsiMjAyNi0xMS0yMlQxMjowMCIsImFiIl1d"]
)
def test_a_cursor_of_another_list_is_refused(rf, db, cursor):
    with pytest.raises(BadParameters):
        Pages(rf, 4).get(f"/orders?cursor={cursor}")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-22T12:00:00"])
def test_a_moment_at_the_end_of_time_breaks_nothing(rf, db, moment):
    row = [moment, "01890000-0000-7000-8000-000000000000"]
    cursor = urlsafe_b64encode(json.dumps([False, row]).encode()).decode()
    with suppress(BadParameters):
        Pages(rf, 4).get(f"/orders?cursor={cursor}")


class WeighedView:
    """A view in which an order's weight is the number in its reference."""

    ordering = None
    row_weight = Cast("reference", IntegerField())


@pytest.mark.parametrize("limit", [1, 5, 9, 10, 30, 1000])
def test_a_page_ends_by_the_weight_of_its_rows_too_and_every_row_comes_once_both_ways(rf, orders, monkeypatch, limit):
    """pretix and saleor have no such limit: 200 orders of 2,000 lines were one answer of 44 MB."""
    weights = {order.pk: weight for order, weight in zip(orders, [1, 2, 9, 1, 1, 30, 1, 4, 4, 1, 1, 1], strict=True)}
    for pk, weight in weights.items():
        Order.objects.filter(pk=pk).update(reference=str(weight))
    monkeypatch.setattr(KeysetPagination, "max_page_weight", limit)

    def page(url: str):
        paginator = KeysetPagination()
        rows = paginator.paginate_queryset(Order.objects.all(), Request(rf.get(url)), WeighedView())
        assert len(rows) == 1 or sum(weights[row.pk] for row in rows) <= limit
        return rows, paginator.get_next_link(), paginator.get_previous_link()

    rows, next_link, previous = page("/orders?page_size=5")
    forwards = [*rows]
    while next_link:
        rows, next_link, previous = page(next_link)
        forwards += rows
    backwards = [*rows]
    while previous:
        rows, _, previous = page(previous)
        backwards = [*rows, *backwards]
    assert forwards == backwards == orders
