"""manage.py import_orders: whole orders, each once, and rejections with reasons."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import OperationalError

from inventory.models import StockItem, StockMovement
from invoicing.models import CreditNote
from messaging.models import OutboxMessage
from orders.importing import run as run_module
from orders.importing import storing
from orders.intake.place_orders import place_orders
from orders.models import Order, OrderLine, Product
from tests.factories import ProductFactory, StockItemFactory
from tests.integration.importing.billing import bill_imported

pytestmark = pytest.mark.django_db

SHARED = Path(__file__).parents[4] / "shared" / "data" / "online-retail"
FOUND = 32  # of 143 returns; a script of its own found as many
RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@pytest.fixture
def mug():
    return ProductFactory(sku="MUG", unit_price=Decimal("2.50"))


def counts(said):
    return {name: said.report[name] for name in ("accepted", "lines", "refused", "skipped")}


def test_an_order_is_stored_with_its_lines_and_its_event(mug, write_orders, import_orders):
    ProductFactory(sku="TEA", unit_price=Decimal("4.95"))

    said = import_orders(write_orders("R1,C-1,mug,2", "R1,C-1,TEA,1"))

    assert counts(said) == {"accepted": 1, "lines": 2, "refused": 0, "skipped": 0}
    order = Order.objects.get()
    assert (order.reference, order.customer_id, order.source, order.total) == ("R1", "C-1", "import", Decimal("11.94"))
    assert list(order.lines.values_list("line_no", "sku", "quantity")) == [(1, "MUG", 2), (2, "TEA", 1)]
    event = OutboxMessage.objects.get()
    assert (event.type, event.key) == ("order.placed.v1", str(order.pk))
    assert event.correlation_id.startswith("import-")


def test_price_currency_and_time_are_taken_as_given(mug, write, import_orders):
    header = "reference,customer_id,sku,quantity,unit_price,currency,placed_at"

    import_orders(write(header, "R1,C-1,MUG,3,1.999999,GBP,2020-02-29T23:59:59Z"))

    order = Order.objects.get()
    assert order.placed_at == datetime(2020, 2, 29, 23, 59, 59, tzinfo=UTC)
    assert (order.lines.get().unit_price, order.lines.get().net) == (Decimal("1.999999"), Decimal("6.00"))


BILLED = "reference,customer_id,sku,quantity,bill_to_name,bill_to_street_2,bill_to_city,bill_to_country,bill_to_vat_id"


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("Ann,Road 1,,GB,", "bill_to_city is missing"),
        (",Road 1,Leeds,GB,", "bill_to_name is missing"),
        ("Ann,,Leeds,GB,", "bill_to_street_1 is missing"),
        ("Ann,Road 1,Leeds,XX,", "bill_to_country must be"),
        ("Ann,Road 1,Leeds,GB,GB1", "bill_to_vat_id must be"),
        (f"Ann,{'x' * 201},Leeds,GB,", "bill_to_street_2 must be"),
    ],
)
def test_a_cell_of_an_address_that_is_wrong_is_named_and_the_order_is_refused(
    mug, write, import_orders, address, problem
):
    said = import_orders(write(BILLED, f"R1,C-1,MUG,1,{address}", "R2,C-1,MUG,1,Bo,Road 2,Leeds,GB,"))

    assert counts(said) == {"accepted": 1, "lines": 1, "refused": 1, "skipped": 0}
    (refusal,) = said.report["refusals"]
    assert (refusal["line"], refusal["reason"][: len(problem)]) == (2, problem)
    assert Order.objects.get().bill_to == {"name": "Bo", "lines": ["Road 2"], "city": "Leeds", "country": "GB"}


def test_rows_of_an_order_that_name_different_addresses_contradict_each_other(mug, write, import_orders):
    said = import_orders(write(BILLED, "R1,C-1,MUG,1,Ann,Road 1,Leeds,GB,", "R1,C-1,MUG,1,Ann,Road 2,Leeds,GB,"))

    (refusal,) = said.report["refusals"]
    assert (refusal["line"], refusal["reason"].partition(" in ")[0]) == (
        3,
        "bill_to_street_2 is 'Road 2' here, but 'Road 1'",
    )


def test_an_order_of_which_other_lines_were_imported_before_is_skipped_and_named(mug, write_orders, import_orders, run):
    """A file that was imported before it was whole: it was only counted, and nobody knew that lines were missing."""
    import_orders(write_orders("R1,C-1,MUG,1", "R2,C-1,MUG,1"))

    path = write_orders("R1,C-1,MUG,1", "R2,C-1,MUG,10", "R1,C-1,MUG,3")
    again = run("import_orders", path)

    assert again.err.splitlines() == [
        f"{path}, line 3: order R2: skipped: it was imported with 1 line of 1 unit, and has 1 line of 10 units here",
        f"{path}, line 2: order R1: skipped: it was imported with 1 line of 1 unit, and has 2 lines of 4 units here",
    ]
    assert "2 skipped that were imported before, 2 of them with other lines here, see above" in again.out
    assert import_orders(path).report["skipped_changed"] == 2


def test_a_second_import_adds_nothing(mug, write_orders, import_orders):
    path = write_orders("R1,C-1,MUG,1", "R2,C-1,MUG,1")
    import_orders(path)

    assert counts(import_orders(path)) == {"accepted": 0, "lines": 0, "refused": 0, "skipped": 2}
    assert Order.objects.count() == OutboxMessage.objects.count() == 2


def test_a_reference_that_a_client_used_over_http_is_none_that_was_imported(mug, write_orders, import_orders):
    import_orders(write_orders("R1,C-1,MUG,1"))
    Order.objects.update(source=Order.Source.API)

    assert counts(import_orders(write_orders("R1,C-1,MUG,1")))["accepted"] == 1


def test_an_order_with_one_bad_row_is_refused_whole_and_the_others_are_stored(mug, write_orders, import_orders):
    path = write_orders("R1,C-1,MUG,1", "R2,C-1,MUG,1", "R1,C-1,MUG,0", "R3,C-1,CUP,1")

    said = import_orders(path)

    assert counts(said) == {"accepted": 1, "lines": 1, "refused": 2, "skipped": 0}
    assert Order.objects.get().reference == "R2"
    assert said.report["reasons"] == {
        "quantity must be a whole number from 1 to 1000000": 1,
        "sku there is no product CUP": 1,
    }
    assert said.report["refusals"][0] == {
        "reference": "R1",
        "file": str(path),
        "line": 4,
        "reason": "quantity must be a whole number from 1 to 1000000",
        "problems": 1,
    }
    assert f"{path}, line 5: order R3: sku there is no product CUP" in said.err.splitlines()


def test_an_order_in_another_currency_than_its_product_is_refused(mug, write, import_orders):
    said = import_orders(write("reference,customer_id,sku,quantity,currency", "R1,C-1,MUG,1,EUR"))

    assert said.report["reasons"] == {"sku MUG is sold in GBP, the order is in EUR": 1}


def test_many_orders_are_stored_in_several_batches(mug, write_orders, import_orders, monkeypatch):
    monkeypatch.setattr(run_module, "_ORDERS", 3)
    rows = [f"R{number},C-1,MUG,1" for number in range(10)]

    assert counts(import_orders(write_orders(*rows, *rows)))["lines"] == 20


def test_a_broken_file_ends_the_import_before_anything_is_stored(mug, write_orders, run):
    good, broken = write_orders("R1,C-1,MUG,1", name="good.csv"), write_orders("R2,C-1,MUG", name="broken.csv")

    said = run("import_orders", good, broken, fails=True)

    assert (said.out, said.err) == ("", f"{broken}, line 2: has 3 cells, but there are 4 columns\n")
    assert not Order.objects.exists()


def test_refused_rows_can_be_mended_and_imported_again(mug, write_orders, import_orders, tmp_path):
    rejects = tmp_path / "rejects.csv"
    import_orders("--rejects", rejects, write_orders("R1,C-1,MUG,1", "R1,C-1,MUGG,1", "R2,C-1,MUG,1"))

    rejects.write_text(rejects.read_text().replace("MUGG", "MUG"))

    assert counts(import_orders(rejects)) == {"accepted": 1, "lines": 2, "refused": 0, "skipped": 0}


# hhurz/tableExport.jquery.plugin#230: negative numbers get the apostrophe too, and somebody has to take it away again.
def test_rejects_are_no_formulas_and_are_imported_again_as_they_are(mug, write_orders, import_orders, tmp_path):
    rejects, formula = tmp_path / "rejects.csv", "=HYPERLINK(0)"
    import_orders("--rejects", rejects, write_orders(f"{formula},+44 7700,CUP,2", "R2,@C,MUG,-3"))
    assert "'=HYPERLINK(0),'+44 7700,CUP,2," in rejects.read_text()
    assert "R2,'@C,MUG,'-3," in rejects.read_text()
    ProductFactory(sku="CUP")

    again = import_orders(rejects)

    assert counts(again) == {"accepted": 1, "lines": 1, "refused": 1, "skipped": 0}
    assert again.report["refusals"][0]["reason"] == "quantity must be a whole number from 1 to 1000000"
    order = Order.objects.get()
    assert (order.reference, order.customer_id) == (formula, "+44 7700")


def test_rows_and_columns_that_a_spreadsheet_left_empty_are_not_counted(mug, write, import_orders):
    file = write("reference,customer_id,sku,quantity,,", "R1,C-1,MUG,1,,", ",,,,,", "R1,C-1,MUG,2,,", ",", ",,,,,")

    said = import_orders(file)

    assert counts(said) == {"accepted": 1, "lines": 2, "refused": 0, "skipped": 0}
    assert said.report["rows"] == 2


def test_every_order_of_the_files_is_accounted_for_once(mug, write_orders, import_orders):
    import_orders(write_orders("R1,C-1,MUG,1"))

    said = import_orders(
        write_orders("R1,C-1,MUG,1", "R2,C-1,MUG,1", ",C-1,MUG,1", "R3,C-1,CUP,1", "R2,C-1,MUG,1", ",C-1,MUG,1")
    )

    assert counts(said) == {"accepted": 1, "lines": 2, "refused": 3, "skipped": 1}
    assert said.report["rows"] == 6


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--tax-rate", "20", "--create-products"], "argument --tax-rate: must be a fraction from 0 to 1"),
        (["--on-hand", "-1", "--create-products"], "argument --on-hand: must be a whole number from 0 to"),
        (["--on-hand", "1"], "--on-hand and --tax-rate are of use with --create-products only"),
        (["--default-customer", "x" * 65], "argument --default-customer: must be a string of 1 to 64 characters"),
        (["--profile", "amazon"], "argument --profile: invalid choice: 'amazon'"),
    ],
)
def test_an_argument_that_has_no_sense_is_named(run, write_orders, arguments, problem):
    assert problem in run("import_orders", *arguments, write_orders(), fails=True).err


# --- when the database fails in the middle ----------------------------------------------------------------------------


class _Deadlock(Exception):
    pgcode = "40P01"


def failing(*errors):
    """A `place_orders` whose calls fail with these errors, where they are not None."""
    left = list(errors)

    def place(drafts):
        if left and (error := left.pop(0)):
            raise error from error.args[0]
        return place_orders(drafts)

    return place


def test_after_an_outage_the_next_run_goes_on_where_the_import_broke_off(mug, write_orders, run, monkeypatch):
    monkeypatch.setattr(run_module, "_ORDERS", 2)
    monkeypatch.setattr(storing, "place_orders", failing(None, OperationalError(OSError("server closed"))))
    path = write_orders(*[f"R{number},C-1,MUG,1" for number in range(5)])

    broken_off = run("import_orders", path, fails=True).err.splitlines()
    finished = run("import_orders", path)

    how_far, error = broken_off
    assert how_far.startswith("until then 2 orders with 2 lines imported, 0 refused, 0 skipped")
    assert error == "PostgreSQL does not answer: server closed"
    assert finished.out == "3 orders with 3 lines imported, 0 refused, 2 skipped that were imported before\n"


def test_a_batch_that_meets_other_work_is_tried_again(mug, write_orders, import_orders, monkeypatch):
    monkeypatch.setattr(storing, "place_orders", failing(OperationalError(_Deadlock())))

    assert counts(import_orders(write_orders("R1,C-1,MUG,1")))["accepted"] == 1


# --- products that are not in the catalogue --------------------------------------------------------------------------


def test_missing_products_are_created_from_their_rows_with_stock_before_the_order_is_placed(write, import_orders):
    path = write(
        RETAIL,
        "1,85123a, WHITE HEART ,6,2010-12-01 08:26:00,0.0,17850.0,United Kingdom",
        "1,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        "1,POST,,1,2010-12-01 08:26:00,15.0,17850.0,United Kingdom",
    )

    said = import_orders(
        "--profile", "online-retail", "--create-products", "--on-hand", 1000, "--tax-rate", "0.1", path
    )

    assert said.report["created_products"] == 2
    assert list(Product.objects.order_by("sku").values_list("sku", "name", "unit_price", "currency", "tax_rate")) == [
        ("85123A", "WHITE HEART", Decimal("2.55"), "GBP", Decimal("0.1")),
        ("POST", "POST", Decimal(15), "GBP", Decimal("0.1")),
    ]
    assert set(StockItem.objects.values_list("sku", "on_hand")) == {("85123A", 1000), ("POST", 1000)}
    assert set(StockMovement.objects.values_list("sku", "on_hand_change")) == {("85123A", 1000), ("POST", 1000)}
    assert OrderLine.objects.get(line_no=1).unit_price == 0


def test_what_the_catalogue_and_the_stock_have_stays_as_it_is(mug, write_orders, write, import_orders):
    StockItemFactory(sku="MUG", on_hand=5)
    StockItemFactory(sku="TEA", on_hand=7)
    path = write("reference,customer_id,sku,quantity,unit_price,currency", "R1,C,MUG,1,9,GBP", "R1,C,TEA,1,9,GBP")

    assert import_orders("--create-products", "--on-hand", 1000, path).report["created_products"] == 1

    assert Product.objects.get(sku="MUG").unit_price == Decimal("2.50")
    assert dict(StockItem.objects.values_list("sku", "on_hand")) == {"MUG": 5, "TEA": 7}


def test_a_refused_order_creates_no_products(write, import_orders):
    path = write("reference,customer_id,sku,quantity,unit_price,currency", "R1,C,MUG,1,9,GBP", "R1,C,TEA,0,9,GBP")

    assert import_orders("--create-products", path).report["created_products"] == 0
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("price", "currency", "problem"),
    [
        ("", "GBP", "unit_price is missing: there is no product MUG"),
        ("9", "", "currency is missing: there is no product"),
    ],
)
def test_a_row_that_does_not_say_enough_for_a_product_refuses_its_order(write, import_orders, price, currency, problem):
    path = write("reference,customer_id,sku,quantity,unit_price,currency", f"R1,C,MUG,1,{price},{currency}")

    (reason,) = import_orders("--create-products", path).report["reasons"]

    assert reason.startswith(problem)


def test_a_name_that_no_product_may_have_refuses_the_order(write, import_orders):
    row = f"1,A,{'x' * 201},6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"

    (reason,) = import_orders("--profile", "online-retail", "--create-products", write(RETAIL, row)).report["reasons"]

    assert reason.startswith("Description must be a string of 1 to 200 characters")


def test_one_sku_in_two_currencies_is_refused_the_second_time_in_a_dry_run_too(write, import_orders, monkeypatch):
    monkeypatch.setattr(run_module, "_ORDERS", 1)
    path = write("reference,customer_id,sku,quantity,unit_price,currency", "R1,C,MUG,1,9,GBP", "R2,C,MUG,1,9,EUR")

    dry = import_orders("--create-products", "--dry-run", path).report
    real = import_orders("--create-products", path).report

    assert real["reasons"] == {"sku MUG is sold in GBP, the order is in EUR": 1}
    assert dry | {"dry_run": False} == real


# --- dry runs ---------------------------------------------------------------------------------------------------------


def test_a_dry_run_reports_the_same_and_stores_nothing(mug, write, import_orders):
    header = "reference,customer_id,sku,quantity,unit_price,currency"
    import_orders(write(header, "R0,C,MUG,1,,"))
    path = write(header, "R0,C,MUG,1,,", "R1,C,MUG,1,,", "R2,C,NEW,1,1,GBP", "R3,C,MUG,x,,")
    before = [model.objects.count() for model in (Order, Product, StockItem, OutboxMessage)]

    dry = import_orders("--create-products", "--on-hand", 5, "--dry-run", path).report

    assert [model.objects.count() for model in (Order, Product, StockItem, OutboxMessage)] == before
    assert dry["dry_run"]
    assert dry | {"dry_run": False} == import_orders("--create-products", "--on-hand", 5, path).report


# --- the nine shared days ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data set is not here")
def test_the_nine_shared_days_come_out_as_the_contract_says(import_orders):
    arguments = (
        "--profile",
        "online-retail",
        "--create-products",
        "--on-hand",
        1_000_000,
        "--default-customer",
        "GUEST",
    )
    days = sorted(SHARED.glob("*.csv"))

    first = import_orders(*arguments, *days)
    bill_imported()
    second = import_orders(*arguments, *days)

    assert counts(first) == {"accepted": 969, "lines": 24_815, "refused": 210, "skipped": 0}
    assert first.report["returns"] == {"read": 143, "credited": 0, "waiting": FOUND, "credit_notes": 0}
    assert counts(second) == {"accepted": 0, "lines": 0, "refused": 210 - FOUND, "skipped": 969}
    assert second.report["returns"] == {"read": 143, "credited": FOUND, "waiting": 0, "credit_notes": FOUND + 2}
    assert OrderLine.objects.count() == 24_815
    assert CreditNote.objects.count() == FOUND + 2
