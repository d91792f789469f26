from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from invoicing.events import OrderConfirmed
from invoicing.snapshots import format_number, snapshot
from messaging.events import new_id

CONFIRMED = {
    "order_id": str(new_id()),
    "reference": "PO-1",
    "customer_id": "C-1",
    "client_id": 7,
    "currency": "JPY",
    "lines": [
        {
            "line_no": 1,
            "sku": "MUG",
            "name": "A mug",
            "quantity": 3,
            "unit_price": "99.9999",
            "tax_rate": "0.10",
            "net": "300",
        }
    ],
    "taxes": [{"rate": "0.10", "net": "300", "tax": "30"}],
    "net": "300",
    "tax": "30",
    "total": "330",
}


def test_a_number_names_its_series_and_year_and_has_at_least_six_digits():
    assert format_number(series="INV", year=2026, sequence=1) == "INV-2026-000001"


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_different_sequences_have_different_numbers(one, other):
    numbers = [format_number(series="INV", year=2026, sequence=sequence) for sequence in (one, other)]

    assert (numbers[0] == numbers[1]) == (one == other)


@given(st.integers(1, 999_998))
def test_numbers_sort_as_they_were_given_out(sequence):
    first, second = (format_number(series="INV", year=2026, sequence=number) for number in (sequence, sequence + 1))

    assert first < second


def test_an_invoice_has_the_order_as_it_was_and_its_decimals_as_they_came():
    order = msgspec.convert(CONFIRMED, OrderConfirmed)

    invoice = snapshot(
        order, series="INV", sequence=12, issued_at=datetime(2026, 5, 1, tzinfo=UTC), issuer={"name": "We"}
    )

    stored = msgspec.json.decode(msgspec.json.encode(invoice))
    assert stored.items() >= {key: CONFIRMED[key] for key in CONFIRMED.keys() - {"reference"}}.items()
    assert stored["number"] == "INV-2026-000012"
    assert stored["order_reference"] == "PO-1"
    assert stored["issuer"] == {"name": "We"}
    assert stored["bill_to"] == {"customer_id": "C-1"}
