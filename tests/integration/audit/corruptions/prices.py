"""Corruptions of the catalogue."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from orders.catalogue import change_product
from orders.models import WithdrawnPrice
from orders.prices.changes import set_price
from orders.prices.withdrawals import withdraw_price
from tests.integration.audit.corruptions.table import corruption


@corruption("product_costs_what_was_set")
def _a_price_that_was_changed_in_the_row_alone(shop, sql):
    change_product(sku="MUG", changes={"unit_price": Decimal(3)}, actor="shop")
    sql("UPDATE orders_product SET unit_price = 4 WHERE sku = 'MUG'")


@corruption("product_costs_what_was_set")
def _a_currency_in_which_no_price_was_set(shop, sql):
    change_product(sku="MUG", changes={"unit_price": Decimal(3)}, actor="shop")
    sql("UPDATE orders_product SET currency = 'EUR' WHERE sku = 'MUG'")


def withdrawn_price_of_the_mug() -> WithdrawnPrice:
    change_product(sku="MUG", changes={"unit_price": Decimal(3)}, actor="ann")
    start = timezone.now() + timedelta(days=30)
    planned = set_price(sku="MUG", unit_price=Decimal(4), valid_from=start, actor="ann")
    return withdraw_price(sku="MUG", price_id=planned.pk, actor="ann")


@corruption("withdrawn_price_is_gone")
def _a_withdrawn_price_that_begins_all_the_same(shop, sql):
    withdrawn_price_of_the_mug()
    sql(f"INSERT INTO orders_price (id, {_PRICE}) SELECT price_id, {_PRICE} FROM orders_withdrawnprice")


@corruption("withdrawn_price_is_gone")
def _a_withdrawn_price_that_is_there_under_another_id(shop, sql):
    withdrawn_price_of_the_mug()
    sql(f"INSERT INTO orders_price ({_PRICE}) SELECT {_PRICE} FROM orders_withdrawnprice")


@corruption("withdrawn_price_is_gone")
def _a_price_that_was_withdrawn_after_it_began(shop, sql):
    withdrawn_price_of_the_mug()
    sql("ALTER TABLE orders_withdrawnprice DROP CONSTRAINT price_withdrawn_before_it_began")
    sql("ALTER TABLE orders_withdrawnprice DISABLE TRIGGER withdrawn_price_stays_on_record")
    sql("UPDATE orders_withdrawnprice SET withdrawn_at = valid_from")


_PRICE = "product_id, price_list_id, unit_price, valid_from, set_at, actor"
