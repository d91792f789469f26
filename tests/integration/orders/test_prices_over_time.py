"""Prices that begin and end while orders are placed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from common import caching
from orders.catalogue import (
    PricedProduct,
    change_product,
    create_product,
    find_product,
    products_for,
    products_with_history,
)
from orders.exceptions import PriceInThePast
from orders.models import Price, PriceList, Product, WithdrawnPrice
from orders.prices.changes import set_price
from orders.prices.withdrawals import withdraw_price
from tests.concurrency import at_once
from tests.factories import ProductFactory

HOUR = timedelta(hours=1)


def tea():
    return PricedProduct("TEA", "Tea", Decimal(2), "GBP", Decimal("0.2"))


def test_a_price_that_was_cached_before_it_begins_holds_from_its_very_start(db):
    create_product(product=tea(), actor="shop")
    start = timezone.now() + HOUR
    set_price(sku="TEA", unit_price=Decimal(3), valid_from=start, actor="shop")

    cached = products_for(["TEA"])["TEA"]

    assert cached.price_in("GBP", start - timedelta(microseconds=1)) == 2
    assert cached.price_in("GBP", start) == 3
    assert products_for(["TEA"])["TEA"] is cached


def test_what_is_over_is_not_cached_for_orders_of_now_but_known_for_those_of_then(db):
    create_product(product=tea(), actor="shop")
    for unit_price in (3, 4, 5):
        set_price(sku="TEA", unit_price=Decimal(unit_price), actor="shop")
    first, second, *_ = Price.objects.order_by("valid_from").values_list("valid_from", flat=True)

    assert products_for(["TEA"])["TEA"] == PricedProduct("TEA", "Tea", Decimal(5), "GBP", Decimal("0.2"))
    history = products_with_history(["TEA"])["TEA"]
    assert [history.price_in("GBP", at) for at in (first - 1000 * HOUR, first, second)] == [2, 2, 3]


def test_a_product_without_recorded_prices_costs_what_its_row_says(db):
    ProductFactory(sku="TEA", unit_price=7)
    set_price(sku="TEA", unit_price=Decimal(900), currency="JPY", actor="shop")
    later = timezone.now() + HOUR
    set_price(sku="TEA", unit_price=Decimal(8), valid_from=later, actor="shop")

    product = products_for(["TEA"])["TEA"]

    assert [product.price_in("GBP", at) for at in (timezone.now(), later)] == [7, 8]
    assert product.price_in("JPY", timezone.now()) == 900
    assert product.unit_price == 7


# Of an order that names such a product, nothing was said but 500, and so of all orders of the same request.
@pytest.mark.parametrize("load", [products_for, products_with_history])
def test_an_end_that_was_set_before_its_currency_became_the_products_own_counts_no_more(db, monkeypatch, load):
    create_product(product=tea(), actor="shop")
    set_price(sku="TEA", unit_price=Decimal(3), currency="EUR", actor="shop")
    end = timezone.now() + HOUR
    set_price(sku="TEA", unit_price=None, currency="EUR", valid_from=end, actor="shop")
    change_product(sku="TEA", changes={"currency": "EUR", "unit_price": Decimal(4)}, actor="shop")
    set_price(sku="TEA", unit_price=Decimal(5), valid_from=end - HOUR / 2, actor="shop")
    monkeypatch.setattr(timezone, "now", lambda: end)

    assert load(["TEA"])["TEA"].price_in("EUR", end) == 5
    assert load(["TEA"])["TEA"].price_in("GBP", end) is None
    assert find_product("TEA").price_now == 5


@pytest.mark.django_db(transaction=True)
def test_of_changes_at_once_the_last_to_commit_holds():
    create_product(product=tea(), actor="shop")
    amounts = [Decimal(amount) for amount in range(10, 18)]

    def change_to(amount):
        return lambda: change_product(sku="TEA", changes={"unit_price": amount}, actor="shop")

    at_once(map(change_to, amounts))

    prices = list(Price.objects.order_by("valid_from").values_list("unit_price", flat=True))
    assert sorted(prices) == [2, *amounts]
    assert Product.objects.get().unit_price == prices[-1]
    assert products_for(["TEA"])["TEA"].unit_price == prices[-1]


def test_a_change_on_a_machine_whose_clock_is_behind_holds_all_the_same(db, monkeypatch):
    create_product(product=tea(), actor="shop")
    slow = timezone.now() - HOUR
    monkeypatch.setattr("orders.prices.records.timezone.now", lambda: slow)

    change_product(sku="TEA", changes={"unit_price": Decimal(3)}, actor="shop")

    monkeypatch.undo()
    caching.clear_all()
    assert products_for(["TEA"])["TEA"].unit_price == 3


def test_a_price_of_a_moment_ago_is_past(db):
    create_product(product=tea(), actor="shop")
    with pytest.raises(PriceInThePast):
        set_price(sku="TEA", unit_price=Decimal(3), valid_from=timezone.now() - timedelta(milliseconds=1), actor="shop")


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"unit_price": -1}, "price_not_negative"),
        ({"valid_from": datetime(2020, 1, 1, tzinfo=UTC)}, "price_not_set_for_the_past"),
        ({"actor": ""}, "price_says_who_set_it"),
    ],
)
def test_the_database_takes_no_price_that_can_not_be(db, changed, constraint):
    create_product(product=tea(), actor="shop")
    now = timezone.now()
    fields = {"unit_price": 1, "valid_from": now, "set_at": now, "actor": "x"} | changed

    with pytest.raises(IntegrityError, match=constraint):
        Price.objects.create(product_id="TEA", price_list=PriceList.objects.get(), **fields)


def test_the_database_keeps_prices_as_they_were_set_and_lets_none_go_that_is_not_on_record_as_withdrawn(db):
    create_product(product=tea(), actor="shop")
    later = set_price(sku="TEA", unit_price=Decimal(3), valid_from=timezone.now() + HOUR, actor="shop")

    begun = Price.objects.exclude(pk=later.pk)
    for attempt in (lambda: Price.objects.update(unit_price=1), begun.delete, later.delete):
        with pytest.raises(IntegrityError, match="a price stays as it was set"), transaction.atomic():
            attempt()

    withdraw_price(sku="TEA", price_id=later.pk, actor="shop")
    assert not Price.objects.filter(pk=later.pk).exists()
    for change in (lambda: WithdrawnPrice.objects.update(withdrawn_by="x"), WithdrawnPrice.objects.all().delete):
        with pytest.raises(IntegrityError, match="a withdrawn price stays on record"), transaction.atomic():
            change()


def test_what_held_before_a_withdrawn_price_goes_on_holding(db):
    create_product(product=tea(), actor="shop")
    start = timezone.now() + HOUR
    planned = set_price(sku="TEA", unit_price=Decimal(3), valid_from=start, actor="shop")
    assert products_for(["TEA"])["TEA"].price_in("GBP", start) == 3

    withdraw_price(sku="TEA", price_id=planned.pk, actor="shop")
    caching.clear_all()  # as each process does within CATALOGUE_CACHE_TTL

    assert products_with_history(["TEA"])["TEA"].price_in("GBP", start + HOUR) == 2
