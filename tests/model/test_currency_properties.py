"""What holds of orders in every currency of ISO 4217: amounts are whole numbers of its smallest unit."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import hypothesis.strategies as st
from hypothesis import given

from common.money import exponents, format_amount, format_price, smallest_unit
from orders.catalogue import PricedProduct
from orders.intake.drafts import LineRequest, OrderRequest
from orders.intake.pricing import price
from orders.prices.timed import TimedPrice

NOW = datetime(2031, 1, 1, tzinfo=UTC)
PRICES = st.decimals(min_value=0, max_value=Decimal("999999999999.999999"), places=6)
RATES = st.decimals(min_value=0, max_value=1, places=4)
CURRENCIES = st.sampled_from(sorted(exponents()))
LINES = st.lists(st.tuples(st.integers(1, 1_000_000), PRICES, RATES), min_size=1, max_size=8)


def test_currencies_have_the_decimals_of_iso_4217():
    expected = {"JPY": 0, "KRW": 0, "ISK": 0, "GBP": 2, "EUR": 2, "BHD": 3, "KWD": 3, "TND": 3, "CLF": 4, "UYW": 4}

    assert {currency: exponents()[currency] for currency in expected} == expected


@given(CURRENCIES, LINES)
def test_an_order_is_rounded_to_its_currency_once_a_line_and_once_a_rate(currency, lines):
    """The prices stand in a list beside that of the products' own currency, which none of them is taken from."""
    unit = Fraction(smallest_unit(currency))
    products = {
        f"S{index}": PricedProduct(
            f"S{index}", "A thing", Decimal("1.11"), "XTS", rate, prices=(TimedPrice(currency, NOW, unit_price),)
        )
        for index, (_, unit_price, rate) in enumerate(lines)
    }
    wanted = [LineRequest(f"S{index}", quantity) for index, (quantity, _, _) in enumerate(lines)]
    request = OrderRequest(client_id=1, customer_id="C", lines=wanted, currency=currency, placed_at=NOW)

    order = price(request, products).order

    amounts = [order.net, order.tax, order.total, *(line.net for line in order.lines)]
    assert all((Fraction(amount) / unit).denominator == 1 for amount in amounts)
    assert all(-amount.as_tuple().exponent == exponents()[currency] for amount in amounts)
    for line, (quantity, unit_price, _) in zip(order.lines, lines, strict=True):
        assert abs(Fraction(line.net) - quantity * Fraction(unit_price)) <= unit / 2
        assert Fraction(line.unit_price) == Fraction(unit_price)
    for part in order.taxes:
        assert abs(Fraction(part.tax) - Fraction(part.net) * Fraction(part.rate)) <= unit / 2
    assert Fraction(order.total) == sum(Fraction(line.net) for line in order.lines) + sum(
        Fraction(part.tax) for part in order.taxes
    )


@given(CURRENCIES, PRICES)
def test_a_price_as_text_is_the_same_price_with_no_fewer_decimals_than_its_currency(currency, unit_price):
    text = format_price(unit_price, currency)

    assert Decimal(text) == unit_price
    assert "E" not in text
    decimals = len(text.partition(".")[2])
    assert decimals == exponents()[currency] or (decimals > exponents()[currency] and not text.endswith("0"))


@given(CURRENCIES, st.integers(0, 10**18))
def test_an_amount_as_text_is_the_same_amount_with_the_decimals_of_its_currency(currency, units):
    amount = units * smallest_unit(currency)
    text = format_amount(amount.quantize(Decimal("0.0001")), currency)

    assert Decimal(text) == amount
    assert len(text.partition(".")[2]) == exponents()[currency]
