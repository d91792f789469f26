"""The price of a product at a time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from orders.catalogue import PricedProduct
from orders.exceptions import OrderRefused
from orders.intake.drafts import LineRequest, OrderRequest
from orders.intake.pricing import price
from orders.prices.timed import TimedPrice, price_at

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def timed(unit_price, valid_from=NEW_YEAR, currency="GBP"):
    return TimedPrice(currency, valid_from, None if unit_price is None else Decimal(unit_price))


PRICES = (
    timed(2, NEW_YEAR - timedelta(days=1)),
    timed(3),
    timed(350, currency="JPY"),
    timed(None, NEW_YEAR + 9 * TICK),
)


@pytest.mark.parametrize(
    ("at", "currency", "holds"),
    [
        (NEW_YEAR - TICK, "GBP", 2),
        (NEW_YEAR, "GBP", 3),
        (NEW_YEAR + 8 * TICK, "GBP", 3),
        (NEW_YEAR + 9 * TICK, "GBP", None),
        (NEW_YEAR - TICK, "JPY", None),
        (NEW_YEAR, "JPY", 350),
        (NEW_YEAR, "EUR", None),
    ],
)
def test_a_price_holds_from_its_very_start_until_the_next_of_its_currency_begins(at, currency, holds):
    assert price_at(PRICES, currency=currency, at=at, now=at) == holds


def test_before_the_first_known_price_that_one_holds_once_it_has_begun():
    long_ago = datetime(2010, 12, 1, tzinfo=UTC)

    assert price_at(PRICES, currency="GBP", at=long_ago, now=NEW_YEAR) == 2
    assert price_at(PRICES, currency="JPY", at=long_ago, now=NEW_YEAR - TICK) is None


def product(sku, *prices, currency="GBP"):
    return PricedProduct(sku, sku.title(), Decimal("2.50"), currency, Decimal("0.2"), prices=tuple(prices))


def order(*skus, **fields):
    lines = [LineRequest(sku, 1) for sku in skus]
    return OrderRequest(client_id=1, customer_id="C-1", lines=lines, **fields)


def test_the_currency_of_an_order_chooses_the_prices_in_it():
    mug = product("MUG", timed("2.50", NEW_YEAR), timed(350, NEW_YEAR, "JPY"), timed("1.115", NEW_YEAR, "BHD"))

    totals = {}
    for currency in ("GBP", "JPY", "BHD"):
        draft = price(order("MUG", currency=currency, placed_at=NEW_YEAR), {"MUG": mug})
        totals[currency] = (str(draft.order.lines[0].unit_price), str(draft.order.net), str(draft.order.tax))

    assert totals == {"GBP": ("2.50", "2.50", "0.50"), "JPY": ("350", "350", "70"), "BHD": ("1.115", "1.115", "0.223")}


def test_an_order_in_a_currency_without_price_is_told_in_which_each_line_is_sold():
    products = {
        "MUG": product("MUG", timed(2), timed(3, currency="EUR"), timed(3, NEW_YEAR + TICK, "JPY")),
        "TEA": product("TEA"),
    }

    with pytest.raises(OrderRefused) as refused:
        price(order("MUG", "TEA", currency="JPY", placed_at=NEW_YEAR), products)

    assert [(error.pointer, error.detail) for error in refused.value.errors] == [
        ("/lines/0/sku", "MUG is sold in GBP and EUR, the order is in JPY"),
        ("/lines/1/sku", "TEA is sold in GBP, the order is in JPY"),
    ]


def test_a_line_that_is_sold_in_the_currency_of_the_first_goes_with_it():
    products = {"MUG": product("MUG", currency="EUR"), "TEA": product("TEA", timed(2), timed("2.40", currency="EUR"))}

    draft = price(order("MUG", "TEA", placed_at=NEW_YEAR), products)

    assert (draft.order.currency, str(draft.order.net)) == ("EUR", "4.90")
