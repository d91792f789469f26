"""Products that have changed, for whoever keeps a catalogue in step: none is passed over.

woocommerce/woocommerce#19427, PrestaShop/PrestaShop#20465: what is sold changed, and the time of its last change did
not. facebook/facebook-for-woocommerce#193: a price that begins by itself was not told when it began.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from common.changed_rows import PositionUnknown, RowPosition
from orders import product_changes
from orders.catalogue import PricedProduct, change_product, upsert_products
from orders.importing.products import create_missing_products
from orders.models import Product
from orders.prices.changes import begin_prices, set_price
from orders.prices.withdrawals import withdraw_price
from orders.product_changes import ProductPosition, latest_product_position, product_changes_after
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def product(sku: str, price: int = 2) -> PricedProduct:
    return PricedProduct(sku, "Tea", Decimal(price), "GBP", Decimal("0.2"))


def told(position: ProductPosition, limit: int = 50) -> list[str]:
    return [each.sku for each in product_changes_after(position, limit=limit).products]


@pytest.fixture
def tea():
    ProductFactory(sku="CUP")
    return ProductFactory(sku="TEA")


@pytest.fixture
def at(monkeypatch):
    """A function that has the clock by which prices begin show a time."""
    return lambda time: monkeypatch.setattr(product_changes.timezone, "now", lambda: time)


CHANGES = {
    "of the API": lambda: change_product(sku="TEA", changes={"name": "Assam"}, actor="ann"),
    "of an import": lambda: upsert_products([product("TEA")], actor="ann"),
    "a price": lambda: set_price(sku="TEA", unit_price=Decimal(3), actor="ann"),
    "a price in another currency": lambda: set_price(sku="TEA", unit_price=Decimal(3), currency="EUR", actor="ann"),
    "a price to come": lambda: set_price(
        sku="TEA", unit_price=Decimal(3), valid_from=timezone.now() + HOUR, actor="ann"
    ),
    "prices to come": lambda: begin_prices({product("TEA", 3): timezone.now() + HOUR}, actor="ann"),
    "by hand": lambda: Product.objects.filter(pk="TEA").update(name="Assam"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_each_way_to_change_a_product_is_told(tea, change):
    start = latest_product_position()
    assert told(start) == []

    change()

    assert told(start) == ["TEA"]


def test_a_price_that_is_withdrawn_is_told(tea):
    price = set_price(sku="TEA", unit_price=Decimal(3), valid_from=timezone.now() + HOUR, actor="ann")
    start = latest_product_position()

    withdraw_price(sku="TEA", price_id=price.pk, actor="ann")

    assert told(start) == ["TEA"]


def test_a_product_that_an_import_of_orders_makes_is_told(tea):
    start = latest_product_position()

    with transaction.atomic():
        create_missing_products([product("POT")], actor="ann")

    assert told(start) == ["POT"]


def test_a_price_is_told_when_it_begins_also_by_a_clock_that_was_set_back(tea, at):
    now = timezone.now()
    set_price(sku="TEA", unit_price=Decimal(3), valid_from=now + HOUR, actor="ann")
    start = latest_product_position()
    assert told(start) == []

    at(now + HOUR)
    page = product_changes_after(start, limit=50)
    assert [(each.sku, each.price_now) for each in page.products] == [("TEA", 3)]
    assert told(page.position) == []

    at(now)
    before = product_changes_after(page.position, limit=50).position
    at(now + HOUR)
    assert told(before) == ["TEA"]


def test_what_is_committed_late_is_told_after_what_was_committed_meanwhile(tea):
    """airbytehq/airbyte#9668: a change is given its time, or its id, before it can be seen."""
    start = latest_product_position()

    def elsewhere(work):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: (work(), connection.close())[0]).result()

    with transaction.atomic():
        Product.objects.filter(pk="TEA").update(name="Assam")
        elsewhere(lambda: Product.objects.filter(pk="CUP").update(name="Cup"))
        meanwhile = elsewhere(lambda: product_changes_after(start, limit=50))

    assert meanwhile.products == []
    assert told(meanwhile.position) == ["TEA", "CUP"]


def test_changes_and_prices_that_begin_come_in_pages(tea, at):
    now = timezone.now()
    skus = [f"SKU-{number}" for number in range(5)]
    upsert_products([product(sku) for sku in skus], actor="ann")
    for sku in skus:
        set_price(sku=sku, unit_price=Decimal(3), valid_from=now + HOUR, actor="ann")
    position = latest_product_position()
    upsert_products([product("TEA"), product("CUP"), product("POT"), product("CAN")], actor="ann")
    at(now + HOUR)

    pages = []
    while not pages or pages[-1].more:
        pages.append(product_changes_after(position, limit=2))
        position = pages[-1].position

    assert [len(page.products) for page in pages[:2]] == [2, 2]
    assert all(len(page.products) <= 2 for page in pages)
    assert {each.sku for page in pages for each in page.products} == {"TEA", "CUP", "POT", "CAN", *skus}
    assert told(position) == []


def test_who_is_ahead_of_all_that_ever_was_begins_anew(tea):
    with pytest.raises(PositionUnknown):
        product_changes_after(ProductPosition(RowPosition(10**15), timezone.now()), limit=1)
