"""Corruptions of the catalogue."""

from decimal import Decimal

from orders.catalogue import change_product
from tests.integration.audit.corruptions.table import corruption


@corruption("product_costs_what_was_set")
def _a_price_that_was_changed_in_the_row_alone(shop, sql):
    change_product(sku="MUG", changes={"unit_price": Decimal(3)}, actor="shop")
    sql("UPDATE orders_product SET unit_price = 4 WHERE sku = 'MUG'")


@corruption("product_costs_what_was_set")
def _a_currency_in_which_no_price_was_set(shop, sql):
    change_product(sku="MUG", changes={"unit_price": Decimal(3)}, actor="shop")
    sql("UPDATE orders_product SET currency = 'EUR' WHERE sku = 'MUG'")
