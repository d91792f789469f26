"""manage.py export_orders and export_invoices."""

import csv

import pytest
from django.db.models import F

from inventory.export import COLUMNS as STOCK_COLUMNS
from invoicing.export import COLUMNS as INVOICE_COLUMNS
from invoicing.export import CREDIT_NOTE_COLUMNS, TAX_COLUMNS
from orders.export import COLUMNS
from orders.models import Order, OrderLine
from tests.commands import manage
from tests.factories import ProductFactory, StockItemFactory

HEADER = "reference,customer_id,sku,quantity,unit_price,currency,placed_at"


@pytest.fixture
def orders(transactional_db, write, run):
    ProductFactory(sku="MUG")
    run("import_orders", write(HEADER, "R-1,=C,MUG,2,1.005,GBP,2020-01-02", "R-2,C-2,MUG,1,,,2020-01-01"))


def test_orders_are_written_to_a_file_or_to_stdout_and_read_back(orders, tmp_path, run):
    path = tmp_path / "out.csv"
    assert manage("export_orders", "--output", path).returncode == 0
    assert manage("export_orders").stdout.replace("\n", "\r\n").encode() == path.read_bytes()
    header, first, second = csv.reader(path.read_text().splitlines())
    assert tuple(header) == COLUMNS
    assert first[:7] == ["R-1", "'=C", "MUG", "2", "1.005", "GBP", "2020-01-02T00:00:00.000000Z"]
    assert second[0] == "R-2"

    assert run("import_orders", path).out.endswith("2 skipped that were imported before\n")
    Order.objects.all().delete()
    run("import_orders", path)
    assert Order.objects.get(reference="R-1").customer_id == "=C"


def test_an_order_that_is_here_is_not_placed_once_more_from_its_export(orders, tmp_path, run):
    Order.objects.filter(reference="R-1").update(source=Order.Source.API, reference="")
    path = tmp_path / "out.csv"
    manage("export_orders", "--output", path)
    text = path.read_text()

    for options in ((), ("--dry-run",)):
        said = run("import_orders", path, *options).out
        assert said.endswith("1 skipped that were imported before, 1 skipped that are here, by their order_id\n")
    assert Order.objects.count() == 2

    first, second = Order.objects.order_by("-placed_at")
    path.write_text(text.replace(str(second.pk), str(first.pk)).replace("R-2", "R-3"))
    assert '"already_here": 2' in run("import_orders", "--json", path).out
    path.write_text(text.replace(f"GBP,2020-01-02T00:00:00.000000Z,{first.pk}", "GBP,2020-01-02T00:00:00Z,4711"))
    assert run("import_orders", path).out.startswith("1 order with 1 line imported")


# nopSolutions/nopCommerce#1884, woocommerce/woocommerce#19485: what an export says of backorders is imported.
def test_an_order_that_may_wait_may_wait_where_it_is_imported(orders, tmp_path, run):
    Order.objects.filter(reference="R-1").update(allow_backorder=True)
    path = tmp_path / "out.csv"
    manage("export_orders", "--output", path)
    Order.objects.all().delete()
    path.write_text(path.read_text().replace(",true", ",TRUE"))  # as spreadsheets save it

    run("import_orders", path)

    assert dict(Order.objects.values_list("reference", "allow_backorder")) == {"R-1": True, "R-2": False}


def test_a_cell_that_is_neither_true_nor_false_is_named(orders, write, run):
    rejects = write("", name="rejects.csv")
    file = write("reference,customer_id,sku,quantity,allow_backorder", "R-3,C-1,MUG,1,maybe")

    said = run("import_orders", file, "--rejects", rejects)

    assert "line 2: order R-3: allow_backorder must be true or false" in said.err
    assert "maybe" in rejects.read_text()


@pytest.mark.parametrize("status", ["cancelled", "rejected"])
def test_an_order_that_came_to_no_sale_is_not_sold_where_its_export_is_imported(orders, tmp_path, run, status):
    path = tmp_path / "out.csv"
    manage("export_orders", "--output", path)
    path.write_text(path.read_text().replace(",placed,", f",{status},", 1))
    Order.objects.all().delete()

    said = run("import_orders", path).out

    assert said.endswith("1 skipped that are cancelled or rejected, by their status\n")
    assert [order.reference for order in Order.objects.all()] == ["R-2"]


# LocalOrbit/localorbit#3456: a file that says what was ordered only passes for what was sold.
def test_what_was_cancelled_of_an_order_is_not_sold_where_its_export_is_imported(
    transactional_db, write, tmp_path, run
):
    ProductFactory(sku="MUG")
    ProductFactory(sku="TEA")
    run("import_orders", write(HEADER, "R-1,C,MUG,10,1,GBP,", "R-1,C,TEA,3,1,GBP,", "R-2,C,TEA,4,1,GBP,"))
    OrderLine.objects.filter(sku="MUG").update(fulfilled_quantity=4, cancelled_quantity=6)
    OrderLine.objects.filter(sku="TEA").update(cancelled_quantity=F("quantity"))
    path = tmp_path / "out.csv"
    manage("export_orders", "--output", path)
    Order.objects.all().delete()

    said = run("import_orders", path).out

    assert "1 skipped that are cancelled or rejected" in said
    assert list(OrderLine.objects.values_list("order__reference", "sku", "quantity", "net")) == [("R-1", "MUG", 4, 4)]
    again = run("import_orders", path)
    assert again.err == ""
    assert "1 skipped that were imported before" in again.out


def test_a_line_of_no_units_is_refused_and_not_taken_for_a_cancelled_one(orders, write, run):
    columns = "reference,customer_id,sku,quantity,cancelled_quantity"

    said = run("import_orders", write(columns, "R-3,C-1,MUG,0,0", "R-3,C-1,MUG,1,0"))

    assert "line 2: order R-3: quantity " in said.err


@pytest.mark.parametrize("cancelled", ["3", "-1", "x", "1.5"])
def test_a_cancelled_quantity_that_makes_no_sense_is_named(orders, write, run, cancelled):
    file = write("reference,customer_id,sku,quantity,cancelled_quantity", f"R-3,C-1,MUG,2,{cancelled}")

    said = run("import_orders", file)

    assert "line 2: order R-3: cancelled_quantity must be a whole number from 0 to the quantity" in said.err
    assert not Order.objects.filter(reference="R-3").exists()


# python/cpython#57514: strftime writes years before 1000 with fewer than four digits.
def test_a_year_that_was_mistyped_in_a_file_is_written_as_it_is_read(transactional_db, write, run, tmp_path):
    ProductFactory(sku="MUG")
    run("import_orders", write(HEADER, "R-1,C-1,MUG,2,1.005,GBP,0026-11-28"))
    placed_at = Order.objects.get().placed_at
    path = tmp_path / "out.csv"
    manage("export_orders", "--output", path)
    Order.objects.all().delete()

    run("import_orders", path)

    assert Order.objects.get().placed_at == placed_at


def test_the_filters_are_those_of_the_list_and_what_makes_no_sense_is_named(orders):
    said = manage("export_orders", "--customer-id", "C-2", "--placed-to", "2020-01-01").stdout
    assert [line.partition(",")[0] for line in said.splitlines()] == ["reference", "R-2"]

    wrong = manage("export_orders", "--status", "lost", "--placed-from", "never")
    assert wrong.returncode != 0
    assert "--status: " in wrong.stderr
    assert "--placed-from: " in wrong.stderr


def test_a_file_that_can_not_be_written_leaves_what_was_there(orders, tmp_path):
    failed = manage("export_orders", "--output", tmp_path / "nowhere" / "out.csv")

    assert failed.returncode != 0
    assert "Traceback" not in failed.stderr
    assert list(tmp_path.glob("*.part")) == []


def test_a_full_disk_is_told_with_the_file_that_it_is_about(orders, run, write):
    refused = write(HEADER, "R-4,C-1,NONE,1,,,")

    for failed in (
        run("export_orders", "--output", "/dev/full", fails=True),
        run("import_orders", refused, "--rejects", "/dev/full", fails=True),
    ):
        assert "/dev/full" in failed.err.splitlines()[-1]
        assert "No space left on device" in failed.err


def test_invoices_have_their_columns(orders):
    assert manage("export_invoices").stdout == ",".join(INVOICE_COLUMNS) + "\n"
    assert manage("export_taxes").stdout == ",".join(TAX_COLUMNS) + "\n"
    assert manage("export_credit_notes").stdout == ",".join(CREDIT_NOTE_COLUMNS) + "\n"


def test_stock_is_written_with_its_cost_by_sku(transactional_db):
    StockItemFactory(sku="B", on_hand=3, average_cost="1.5", cost_currency="GBP")
    StockItemFactory(sku="A", on_hand=2)

    header, a, b = manage("export_stock").stdout.splitlines()

    assert header == ",".join(STOCK_COLUMNS)
    assert a.startswith("A,2,0,2,0,0,,,,")
    assert b.startswith("B,3,0,3,0,0,1.50,4.50,GBP,")
