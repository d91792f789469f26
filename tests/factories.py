"""Rows that tests need, with values that are valid unless a test says otherwise."""

from decimal import Decimal

import factory
from django.contrib.auth import get_user_model

from inventory.models import StockItem
from orders.models import Product


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = get_user_model()

    username = factory.Sequence(lambda n: f"client-{n}")


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    sku = factory.Sequence(lambda n: f"SKU-{n}")
    name = factory.LazyAttribute(lambda product: f"Product {product.sku}")
    unit_price = Decimal("2.50")
    currency = "GBP"
    tax_rate = Decimal("0.2")


class StockItemFactory(factory.django.DjangoModelFactory):
    """A level without a ledger: for tests that look at levels only."""

    class Meta:
        model = StockItem

    sku = factory.Sequence(lambda n: f"SKU-{n}")
    on_hand = 100
