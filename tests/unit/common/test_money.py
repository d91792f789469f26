"""Currencies and their decimals."""

import sys

import pytest

from common.money import exponent_of


@pytest.mark.parametrize(("currency", "exponent"), [("GBP", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_a_currency_has_the_decimals_of_iso_4217(currency, exponent):
    assert exponent_of(currency) == exponent


@pytest.mark.parametrize("code", ["XXX", "XAU", "gbp", "GBP ", "QQQ", "", "\ud800"])
def test_what_is_no_money_has_none(code):
    assert exponent_of(code) is None


def test_codes_that_are_none_leave_nothing_in_memory():
    code = "Q" * 32_768
    before = sys.getrefcount(code)

    assert exponent_of(code) is None

    assert sys.getrefcount(code) == before
