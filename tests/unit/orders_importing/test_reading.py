"""Reading orders from rows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from messaging.events import Trace
from orders.importing.column_profiles import ONLINE_RETAIL, STANDARD
from orders.importing.grouping import RawOrder
from orders.importing.reading import OrderReader, RowsRejected
from orders.importing.rows import Row
from orders.intake.drafts import LineRequest
from orders.models import Order


def raw(*rows, column="reference"):
    numbered = [Row(Path("orders.csv"), line, cells) for line, cells in enumerate(rows, start=2)]
    return RawOrder(rows[0].get(column, ""), numbered)


def row(**cells):
    return {"reference": "R1", "customer_id": "C-1", "sku": "MUG", "quantity": "2"} | cells


def retail(**cells):
    return {
        "InvoiceNo": "536365",
        "StockCode": "85123a",
        "Description": "WHITE HANGING HEART",
        "Quantity": "6",
        "InvoiceDate": "2010-12-01 08:26:00",
        "UnitPrice": "2.55",
        "CustomerID": "17850.0",
        "Country": "United Kingdom",
    } | cells


def reader(profile=STANDARD, default_customer=""):
    return OrderReader(profile=profile, client_id=7, trace=Trace("import-1"), default_customer=default_customer)


def problems(order, **options):
    with pytest.raises(RowsRejected) as refused:
        reader(**options).read(order)
    return [(problem.row.line, str(problem)) for problem in refused.value.problems]


def test_an_order_is_read_as_a_client_would_have_sent_it():
    order = reader().read(raw(row(), row(sku=" tea ", quantity="1", unit_price="4.950")))

    assert (order.reference, order.customer_id, order.client_id, order.source) == ("R1", "C-1", 7, Order.Source.IMPORT)
    assert order.lines == [LineRequest("MUG", 2), LineRequest("TEA", 1, Decimal("4.950"))]
    assert (order.currency, order.placed_at, order.trace) == (None, None, Trace("import-1"))


def test_an_order_that_is_yet_to_be_placed_is_refused():
    """A mistyped year was taken at its word (frappe/erpnext#3859, wyeworks/nucore-open#2208)."""
    later = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()

    for order, options in (
        (raw(row(placed_at=later)), {}),
        (raw(retail(InvoiceDate="2062-11-28 12:00:00"), column="InvoiceNo"), {"profile": ONLINE_RETAIL}),
        (
            raw(retail(InvoiceNo="C1", Quantity="-1", InvoiceDate="2062-11-28 12:00:00"), column="InvoiceNo"),
            {"profile": ONLINE_RETAIL.return_profile},
        ),
    ):
        column = "InvoiceDate" if options else "placed_at"
        assert problems(order, **options) == [
            (2, f"{column} must not be in the future; a time without an offset is UTC")
        ]


def test_an_order_by_a_clock_that_is_a_little_ahead_is_taken():
    later = datetime.now(UTC) + timedelta(minutes=4)

    assert reader().read(raw(row(placed_at=later.isoformat()))).placed_at == later


@pytest.mark.parametrize("placed_at", ["2026-01-31T12:30:00Z", "2026-01-31 12:30:00", "2026-01-31T14:30:00+02:00"])
def test_a_time_is_stored_in_utc_and_is_utc_without_an_offset(placed_at):
    order = reader().read(raw(row(placed_at=placed_at, currency="GBP")))

    assert order.placed_at == datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
    assert order.placed_at.tzinfo is UTC
    assert order.currency == "GBP"


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"reference": ""}, "reference is missing"),
        (
            {"reference": "x" * 65},
            "reference must be a string of 1 to 64 characters, none of them a control or format character",
        ),
        (
            {"reference": "R\x07"},
            "reference must be a string of 1 to 64 characters, none of them a control or format character",
        ),
        ({"customer_id": ""}, "customer_id is missing, and there is no default customer"),
        ({"sku": ""}, "sku is missing"),
        ({"sku": "-1"}, "sku must be 1 to 64 letters A-Z, digits, spaces, dots, hyphens or underscores, not starting"),
        ({"quantity": ""}, "quantity is missing"),
        ({"quantity": "0"}, "quantity must be a whole number from 1 to 1000000"),
        ({"quantity": "-3"}, "quantity must be a whole number from 1 to 1000000"),
        ({"quantity": "1000001"}, "quantity must be a whole number from 1 to 1000000"),
        ({"quantity": "9" * 5000}, "quantity must be a whole number from 1 to 1000000"),
        ({"quantity": "2.5"}, "quantity must be a whole number from 1 to 1000000"),
        ({"unit_price": "-1"}, "unit_price must be a number of 0 or more"),
        ({"unit_price": "NaN"}, "unit_price must be a number of 0 or more"),
        ({"unit_price": "1e400"}, "unit_price must be a number of 0 or more"),
        ({"unit_price": "1.0000001"}, "unit_price must be a number of 0 or more"),
        ({"unit_price": "1,50"}, "unit_price must be a number of 0 or more"),
        ({"currency": "GPB"}, "currency must be a currency code of ISO 4217"),
        ({"placed_at": "yesterday"}, "placed_at must be a time as in RFC 3339, such as 2026-01-31T12:30:00Z"),
        ({"placed_at": "0001-01-01T00:00:00+10:00"}, "placed_at must be within the years 1 to 9999 in UTC"),
    ],
)
def test_a_wrong_cell_is_named_with_line_column_and_reason(cells, problem):
    ((line, said),) = problems(raw(row(**cells)))

    assert line == 2
    assert said.startswith(problem)


def test_all_wrong_cells_of_an_order_are_named_at_once():
    found = problems(raw(row(quantity="x"), row(), row(sku="?", unit_price="-1")))

    assert [(line, said.split()[0]) for line, said in found] == [(2, "quantity"), (4, "sku"), (4, "unit_price")]


def test_more_lines_than_an_order_may_have_are_refused():
    assert problems(raw(*[row()] * 2001)) == [(2, "must be a list of 1 to 2000 lines")]


@pytest.mark.parametrize(
    ("name", "other"), [("customer_id", "C-2"), ("currency", "EUR"), ("placed_at", "2026-01-31T12:30:00Z")]
)
def test_rows_of_one_reference_that_contradict_each_other_are_refused(name, other):
    ((line, said),) = problems(raw(row(), row(), row(**{name: other})))

    assert line == 4
    assert said.startswith(f"{name} is '{other}' here, but '{row().get(name, '')}' in orders.csv, line 2")


def test_a_default_customer_takes_the_orders_without_one():
    assert reader(default_customer="GUEST").read(raw(row(customer_id=""))).customer_id == "GUEST"
    assert reader(default_customer="GUEST").read(raw(row())).customer_id == "C-1"


def test_online_retail_rows_are_read_by_their_own_columns():
    order = reader(ONLINE_RETAIL).read(raw(retail(), column="InvoiceNo"))

    assert (order.reference, order.customer_id, order.currency) == ("536365", "17850", "GBP")
    assert order.placed_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert order.lines == [LineRequest("85123A", 6, Decimal("2.55"))]


def test_a_give_away_stays():
    order = reader(ONLINE_RETAIL).read(raw(retail(UnitPrice="0.0"), column="InvoiceNo"))

    assert order.lines[0].unit_price == 0


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"Quantity": "-6"}, "Quantity is 0 or less: a return or an adjustment, no order"),
        ({"Quantity": "0"}, "Quantity is 0 or less: a return or an adjustment, no order"),
        ({"Quantity": "many"}, "Quantity must be a whole number from 1 to 1000000"),
        ({"UnitPrice": "-11062.06"}, "UnitPrice is below 0: an adjustment, no order"),
        ({"CustomerID": ""}, "CustomerID is missing, and there is no default customer"),
    ],
)
def test_an_online_retail_invoice_with_one_such_row_is_refused_in_its_words(cells, problem):
    order = raw(retail(CustomerID=cells.get("CustomerID", "17850.0")), retail(**cells), column="InvoiceNo")

    assert problem in [said for _, said in problems(order, profile=ONLINE_RETAIL)]


def test_online_retail_rows_that_were_entered_a_minute_apart_are_one_invoice():
    late = retail(InvoiceDate="2010-12-01 08:27:00")

    assert reader(ONLINE_RETAIL).read(raw(retail(), late, column="InvoiceNo")).placed_at.minute == 26


# --- returns ----------------------------------------------------------------------------------------------------------


def test_a_return_is_read_as_the_order_that_it_undoes():
    order = reader(ONLINE_RETAIL.return_profile).read(
        raw(retail(InvoiceNo="C536379", Quantity="-3"), column="InvoiceNo")
    )

    assert (order.reference, order.customer_id, order.currency) == ("C536379", "17850", "GBP")
    assert order.lines == [LineRequest("85123A", 3, Decimal("2.55"))]


@pytest.mark.parametrize("quantity", ["3", "0", "-0", "+3"])
def test_a_return_takes_units_back(quantity):
    found = problems(raw(retail(Quantity=quantity)), profile=ONLINE_RETAIL.return_profile)

    assert [detail for _, detail in found] == ["Quantity is not below 0: a return takes units back"]


@pytest.mark.parametrize("quantity", ["x", "-", "--3", "-1.5"])
def test_units_of_a_return_are_a_whole_number(quantity):
    ((_, problem),) = problems(raw(retail(Quantity=quantity)), profile=ONLINE_RETAIL.return_profile)

    assert problem.startswith("Quantity must be a whole number")
