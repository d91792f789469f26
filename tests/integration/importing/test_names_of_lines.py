"""What a file calls a line, and its unit, is what was sold, and stands on its invoice, whatever the catalogue says.

Sylius/Sylius#8628, openfoodfoundation/openfoodnetwork#13969: orders that change their contents with the catalogue.
"""

import csv

import pytest

from common import caching
from orders.models import Order, OrderLine, Product
from tests.commands import manage
from tests.factories import ProductFactory

HEADER = "reference,customer_id,sku,quantity,unit_price,currency,placed_at"
LINE = "R-1,C-1,MUG,2,1.00,GBP,2020-01-02"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def mug():
    ProductFactory(sku="MUG", name="Mug")


def names() -> list[str]:
    return list(OrderLine.objects.order_by("order__reference", "line_no").values_list("name", flat=True))


@pytest.mark.parametrize("name", ["Big mug", "=Mug", "-5 °C mug"])
def test_an_order_that_comes_back_from_an_export_has_the_names_under_which_it_was_sold(write, run, tmp_path, name):
    Product.objects.update(name=name)
    run("import_orders", write(HEADER, LINE))
    path = tmp_path / "out.csv"
    manage("export_orders", "--output", path)
    Order.objects.all().delete()
    Product.objects.update(name="Cup")
    caching.clear_all()

    run("import_orders", path)

    assert names() == [name]


def test_each_line_has_its_own_and_without_one_that_of_the_catalogue(write, run):
    run("import_orders", write(f"{HEADER},name", f"{LINE},Mug of 2020", f"{LINE},", f"{LINE}, Old mug "))

    assert names() == ["Mug of 2020", "Mug", "Old mug"]


def test_a_name_that_no_line_can_have_is_refused_and_kept_in_the_rejects(write, run, tmp_path):
    rejects = tmp_path / "rejects.csv"

    report = run("import_orders", write(f"{HEADER},name", f"{LINE},{'x' * 201}"), "--rejects", rejects)

    assert "name must be" in str(report)
    (row,) = csv.DictReader(rejects.read_text().splitlines())
    assert (row["name"], Order.objects.count()) == ("x" * 201, 0)


def test_a_product_that_is_made_of_a_row_is_called_as_it_is_there(write, run):
    run("import_orders", write(f"{HEADER},name", f"{LINE.replace('MUG', 'POT')},Tea pot"), "--create-products")

    assert (Product.objects.get(pk="POT").name, names()) == ("Tea pot", ["Tea pot"])


def test_a_line_keeps_the_unit_in_which_it_was_sold(write, run, tmp_path):
    """What else an export lacked of a line: a kilogram came back as a piece, of which as many stood on the invoice."""
    Product.objects.update(unit_code="KGM")
    run("import_orders", write(HEADER, LINE))
    path = tmp_path / "out.csv"
    manage("export_orders", "--output", path)
    Order.objects.all().delete()
    Product.objects.update(unit_code="C62")
    caching.clear_all()

    run("import_orders", path)
    run(
        "import_orders",
        write(f"{HEADER},unit_code", f"{LINE.replace('R-1', 'R-2')},LTR", f"{LINE.replace('R-1', 'R-2')},"),
    )
    report = run("import_orders", write(f"{HEADER},unit_code", f"{LINE.replace('R-1', 'R-3')},litre"))

    units = OrderLine.objects.order_by("order__reference", "line_no").values_list("unit_code", flat=True)
    assert list(units) == ["KGM", "LTR", "C62"]
    assert "unit_code must be" in str(report)
