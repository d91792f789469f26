"""Writing orders: the statement that runs stores what the readable version stores."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from orders import storing
from orders.catalogue import products_for
from orders.drafts import LineRequest, OrderRequest
from orders.models import Order, OrderLine
from orders.pricing import price
from orders.storing import store, store_by_orm
from tests.factories import ProductFactory

ODD = 'quote " backslash \\ percent %s {} \N{SNOWMAN} \N{PILE OF POO}'


@pytest.fixture
def drafts(client_user):
    ProductFactory(sku="ODD", name=ODD, unit_price="0.333333", tax_rate="0.055")
    ProductFactory(sku="BIG", unit_price="999999999999.999999", tax_rate="1")
    ProductFactory(sku="YEN", unit_price="7", currency="JPY", tax_rate="0")
    requests = [
        OrderRequest(
            client_id=client_user.pk, customer_id="'; --", lines=[LineRequest("ODD", 3), LineRequest("ODD", 3)]
        ),
        OrderRequest(
            client_id=client_user.pk, customer_id="C", lines=[LineRequest("BIG", 1_000_000)], allow_backorder=True
        ),
        OrderRequest(
            client_id=client_user.pk,
            customer_id=ODD[:64],
            reference=ODD[:64],
            lines=[LineRequest("YEN", 2, unit_price=Decimal("0"))],
            placed_at=datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC),
            source=Order.Source.IMPORT,
        ),
    ]
    products = products_for({"ODD", "BIG", "YEN"})
    return [price(request, products) for request in requests]


def rows():
    return list(Order.objects.order_by("pk").values()), list(OrderLine.objects.order_by("order", "line_no").values())


def test_both_ways_store_the_same_rows(drafts):
    with transaction.atomic():
        store_by_orm(drafts)
        by_orm = rows()
        transaction.set_rollback(True)
    store(drafts)
    assert rows() == by_orm
    assert (len(by_orm[0]), len(by_orm[1])) == (3, 4)


def test_many_lines_take_several_statements(drafts, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(storing, "_MOST_LINES", 2)
    with django_assert_num_queries(2):
        store(drafts)  # of two lines, one, and one
    assert (Order.objects.count(), OrderLine.objects.count()) == (3, 4)


@pytest.mark.parametrize("way", [store, store_by_orm])
def test_both_ways_store_all_or_nothing(drafts, way):
    way(drafts[2:])
    with pytest.raises(IntegrityError), transaction.atomic():
        way(drafts)  # the last one was imported before
    assert Order.objects.count() == OrderLine.objects.count() == 1
