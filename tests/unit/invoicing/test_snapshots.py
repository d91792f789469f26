from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.events import OrderConfirmed
from invoicing.snapshots import InvoiceTerms, format_number, snapshot
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
            "unit_code": "H87",
            "tax_category": "S",
        }
    ],
    "taxes": [{"rate": "0.10", "net": "300", "tax": "30"}],
    "net": "300",
    "tax": "30",
    "total": "330",
}


def terms(time_zone="UTC", payment_days=30):
    return InvoiceTerms(series="INV", issuer={"name": "We"}, payment_days=payment_days, time_zone=ZoneInfo(time_zone))


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

    invoice = snapshot(order, terms=terms(), sequence=12, issued_at=datetime(2026, 5, 1, tzinfo=UTC))

    stored = msgspec.json.decode(msgspec.json.encode(invoice))
    assert stored.items() >= {key: CONFIRMED[key] for key in CONFIRMED.keys() - {"reference"}}.items()
    assert stored["number"] == "INV-2026-000012"
    assert stored["order_reference"] == "PO-1"
    assert stored["issuer"] == {"name": "We"}
    assert stored["bill_to"] == {"customer_id": "C-1"}
    assert stored["ship_to"] is None


def test_an_address_is_on_the_invoice_beside_the_customers_id():
    bill_to = {"name": "Ada", "lines": ["1 Road"], "city": "Leeds", "country": "GB", "buyer_reference": "04011000-1"}
    order = msgspec.convert(CONFIRMED | {"bill_to": bill_to, "ship_to": bill_to | {"city": "York"}}, OrderConfirmed)

    invoice = snapshot(order, terms=terms(), sequence=12, issued_at=datetime(2026, 5, 1, tzinfo=UTC))

    stored = msgspec.json.decode(msgspec.json.encode(invoice))
    assert stored["bill_to"] == {"customer_id": "C-1"} | bill_to
    assert stored["ship_to"] == bill_to | {"city": "York"}


# killbill/killbill#1074, odoo/odoo#72027, crater-invoice-inc/crater#905: dates by the wrong time zone.
@pytest.mark.parametrize(
    ("time_zone", "issued_at", "number", "due_date"),
    [
        ("UTC", "2026-12-31T23:59:59.999999", "INV-2026-000001", "2027-01-30"),
        ("UTC", "2027-01-01T00:00:00", "INV-2027-000001", "2027-01-31"),
        ("Europe/Berlin", "2026-12-31T22:59:59", "INV-2026-000001", "2027-01-30"),
        ("Europe/Berlin", "2026-12-31T23:00:00", "INV-2027-000001", "2027-01-31"),
        ("America/New_York", "2027-01-01T04:59:59", "INV-2026-000001", "2027-01-30"),
        ("America/New_York", "2027-01-01T05:00:00", "INV-2027-000001", "2027-01-31"),
        ("Pacific/Kiritimati", "2026-12-31T10:00:00", "INV-2027-000001", "2027-01-31"),
        ("Europe/Berlin", "2026-03-28T23:30:00", "INV-2026-000001", "2026-04-28"),  # the night of the change of clocks
    ],
)
def test_year_and_due_date_are_those_of_the_issuers_time_zone(time_zone, issued_at, number, due_date):
    order = msgspec.convert(CONFIRMED, OrderConfirmed)

    issued = datetime.fromisoformat(issued_at).replace(tzinfo=UTC)
    invoice = snapshot(order, terms=terms(time_zone), sequence=1, issued_at=issued)

    assert (invoice.number, str(invoice.due_date), invoice.time_zone) == (number, due_date, time_zone)
    assert str(invoice.year) == number[4:8]
