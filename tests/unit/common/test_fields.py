"""Single values: skus, currencies, prices, tax rates, and money as text."""

from decimal import Decimal

import pytest

from common.fields import parse_currency, parse_sku, parse_tax_rate, parse_unit_price
from common.money import format_amount, format_price

# Letters that str.upper would make ASCII, and control characters at an end, which str.strip would take off.
LOOKALIKES = ["ſeat-red", "straße-1", "ı-1", "\u212aelvin-1", "tea-1\n", "\ttea-1", "tea-1\x1f", "tea-1\u2028"]


@pytest.mark.parametrize(
    ("given", "sku"), [("tea-1", "TEA-1"), ("  A b.c_d-e \u3000", "A B.C_D-E"), ("7", "7"), ("x" * 64, "X" * 64)]
)
def test_a_sku_is_trimmed_and_upper_cased(given, sku):
    assert parse_sku(given) == sku


@pytest.mark.parametrize(
    "given", ["", "  ", "-A", ".A", "A/B", "Ä", "A\x00", "A\nB", "A" * 65, "\ud800", None, 7, b"A", *LOOKALIKES]
)
def test_what_is_no_sku_is_refused(given):
    with pytest.raises(ValueError, match="must be 1 to 64"):
        parse_sku(given)


@pytest.mark.parametrize("given", ["gbp", "GB", "XXX", "ABC", "", None, 826, "GBP\n", "ſEK"])
def test_a_currency_is_a_code_of_iso_4217_that_is_money(given):
    with pytest.raises(ValueError, match="ISO 4217"):
        parse_currency(given)
    assert parse_currency(" JPY\u00a0") == "JPY"


@pytest.mark.parametrize(
    ("given", "price"),
    [
        *[("2.5", "2.5"), (3, "3"), (Decimal("0.000001"), "0.000001"), ("0", "0"), (Decimal("-0.0"), "0"), ("-0", "0")],
        *[("1.0000000", "1"), ("0.50" + "0" * 10_000, "0.5"), ("0" * 50 + "7", "7"), ("0.0000000", "0")],
        *[(Decimal("1e2"), "100"), (Decimal("1.50e1"), "15"), (Decimal("10e-7"), "0.000001"), (Decimal("0e99"), "0")],
        ("999999999999.999999", "999999999999.999999"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_price_may_be_a_number_or_a_string_and_zeros_at_its_end_do_not_count(given, price):
    parsed = parse_unit_price(given)
    assert (parsed, str(parsed)) == (Decimal(price), price)


@pytest.mark.parametrize(
    "given",
    [
        *["-1", "1e3", "NaN", "Infinity", " 1", "1 ", "1,5", "", ".5", "٣", "0.0000001", "\ud800", "9" * 5000],
        *["1." + "0" * 40 + "1", "1000000000000.0", "999999999999.9999999"],
        *[Decimal("1E+400"), Decimal("1E-7"), Decimal("NaN"), Decimal("Infinity"), -1, 10**12, 2**63],
        *[Decimal("1E+999999999999999999"), Decimal("1E-999999999999999999"), Decimal("1.0000001")],
        *[True, None, [], {}],
    ],
)
def test_what_can_be_no_price_is_refused(given):
    with pytest.raises(ValueError, match="at most 6 decimals"):
        parse_unit_price(given)


@pytest.mark.parametrize("given", ["1.01", "-0.1", "0.20001", "20 %", True, None])
def test_a_tax_rate_is_a_fraction(given):
    with pytest.raises(ValueError, match="fraction"):
        parse_tax_rate(given)
    assert str(parse_tax_rate("0.20000")) == "0.2"


def test_amounts_have_the_decimals_of_their_currency():
    assert format_amount(Decimal("2.5000"), "GBP") == "2.50"
    assert format_amount(Decimal("250.0000"), "JPY") == "250"
    assert format_amount(Decimal("1.2340"), "KWD") == "1.234"
    assert format_amount(Decimal("12345678901234567890.12"), "EUR") == "12345678901234567890.12"


def test_prices_have_at_least_the_decimals_of_their_currency_and_no_needless_zeros():
    assert format_price(Decimal("2.500000"), "GBP") == "2.50"
    assert format_price(Decimal("0.012500"), "GBP") == "0.0125"
    assert format_price(Decimal("1000.000000"), "JPY") == "1000"
    assert format_price(Decimal("0.000000"), "GBP") == "0.00"
