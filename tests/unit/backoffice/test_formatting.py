"""How values look in the admin."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from backoffice.formatting import moment, money, percentage


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1234.5000", "GBP", "1,234.50 GBP"),
        ("0.335000", "GBP", "0.335 GBP"),
        ("1000", "GBP", "1,000.00 GBP"),
        ("0.0000", "GBP", "0.00 GBP"),
        ("1500.0000", "JPY", "1,500 JPY"),
        ("1.5", "KWD", "1.500 KWD"),
        ("2", "ZZZ", "2 ZZZ"),
    ],
)
def test_money_has_its_currency_s_decimals_and_no_needless_ones(amount, currency, shown):
    assert money(Decimal(amount), currency) == money(amount, currency) == shown


@pytest.mark.parametrize(("rate", "shown"), [("0.2000", "20 %"), ("0", "0 %"), ("0.055", "5.5 %"), ("1", "100 %")])
def test_a_rate_is_shown_as_a_percentage(rate, shown):
    assert percentage(rate) == shown


def test_a_moment_is_shown_in_utc_to_the_millisecond():
    assert ">2026-03-02 09:08:07.006<" in moment(datetime(2026, 3, 2, 9, 8, 7, 6999, UTC))
