"""manage.py import_catalogue: products and their stock, all lines or none."""

from decimal import Decimal

import pytest

from inventory.models import StockItem, StockMovement
from orders.models import Product
from tests.factories import ProductFactory, StockItemFactory

pytestmark = pytest.mark.django_db

HEADER = "sku,name,unit_price,currency,tax_rate,on_hand"


def levels():
    return dict(StockItem.objects.values_list("sku", "on_hand"))


def test_products_are_added_with_their_stock(write, run):
    said = run("import_catalogue", write(HEADER, ' mug ,"Mug, white",2.50,GBP,0.2,10', "TEA,Tea,1000,JPY,0,0"))

    assert said.out == "2 products imported\n"
    assert list(Product.objects.order_by("sku").values_list("sku", "name", "unit_price", "currency", "tax_rate")) == [
        ("MUG", "Mug, white", Decimal("2.5"), "GBP", Decimal("0.2")),
        ("TEA", "Tea", Decimal(1000), "JPY", Decimal(0)),
    ]
    assert levels() == {"MUG": 10, "TEA": 0}
    assert list(StockMovement.objects.values_list("sku", "on_hand_change", "note")) == [("MUG", 10, "import_catalogue")]


def test_products_are_brought_up_to_date_and_levels_to_the_given_number_by_movements(write, run):
    run("import_catalogue", write(HEADER, "MUG,Mug,2.50,GBP,0.2,10"))

    run("import_catalogue", write(HEADER, "MUG,Mug with handle,3,EUR,0.1,4"))
    run("import_catalogue", write(HEADER, "MUG,Mug with handle,3,EUR,0.1,4"))

    product = Product.objects.get()
    assert (product.name, product.unit_price, product.currency, product.tax_rate) == (
        "Mug with handle",
        Decimal(3),
        "EUR",
        Decimal("0.1"),
    )
    assert levels() == {"MUG": 4}
    assert sorted(StockMovement.objects.values_list("on_hand_change", flat=True)) == [-6, 10]


def test_units_and_tax_categories_are_taken_from_columns_and_kept_without_them(write, run):
    header = f"{HEADER},unit_code,tax_category,tax_reason_code,tax_reason"
    run(
        "import_catalogue", write(header, "BOOK,Book,5,GBP,0,1,H87,E,VATEX-EU-132,Education", "MUG,Mug,2,GBP,0.2,1,,,,")
    )

    run("import_catalogue", write(HEADER, "BOOK,A book,5,GBP,0,1", "MUG,A mug,2,GBP,0.2,1"))

    rows = Product.objects.order_by("sku").values_list("name", "unit_code", "tax_category", "tax_reason_code")
    assert list(rows) == [("A book", "H87", "E", "VATEX-EU-132"), ("A mug", "C62", "", "")]


def test_a_tax_that_contradicts_itself_is_refused_also_where_the_file_says_only_half_of_it(write, run):
    ProductFactory(sku="BOOK", tax_rate=0, tax_category="E", tax_reason="Education")

    said = run("import_catalogue", write(HEADER, "BOOK,A book,5,GBP,0.2,1"), fails=True)

    assert "line 2: tax_category E takes a tax rate of 0" in said.out + said.err
    assert Product.objects.get().tax_rate == 0


def test_what_the_files_do_not_name_stays_as_it_is(write, run):
    ProductFactory(sku="CUP")
    StockItemFactory(sku="CUP", on_hand=3)

    run("import_catalogue", write(HEADER, "MUG,Mug,2.50,GBP,0.2,10"))

    assert levels() == {"CUP": 3, "MUG": 10}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("?,Mug,2.50,GBP,0.2,10", "sku must be 1 to 64 letters"),
        ("MUG,,2.50,GBP,0.2,10", "name is missing"),
        ("MUG,Mug,-1,GBP,0.2,10", "unit_price must be a number of 0 or more"),
        ("MUG,Mug,2.50,GPB,0.2,10", "currency must be a currency code of ISO 4217"),
        ("MUG,Mug,2.50,GBP,20,10", "tax_rate must be a fraction from 0 to 1"),
        ("MUG,Mug,2.50,GBP,0.2,", "on_hand is missing"),
        ("MUG,Mug,2.50,GBP,0.2,-1", "on_hand must be a whole number from 0 to 1000000000000000"),
        ("MUG,Mug,2.50,GBP,0.2,1.5", "on_hand must be a whole number from 0 to 1000000000000000"),
    ],
)
def test_a_wrong_line_is_named_with_file_line_column_and_reason_and_nothing_is_imported(write, run, line, problem):
    good, bad = write(HEADER, "TEA,Tea,1,GBP,0.2,10", name="good.csv"), write(HEADER, line, name="bad.csv")

    said, error = run("import_catalogue", good, bad, fails=True).err.splitlines()

    assert said.startswith(f"{bad}, line 2: {problem}")
    assert error == "nothing was imported: 1 problem, see above"
    assert not Product.objects.exists()
    assert not StockItem.objects.exists()


def test_a_sku_on_two_lines_is_refused(write, run):
    path = write(HEADER, "MUG,Mug,1,GBP,0.2,10", "mug,Mug,2,GBP,0.2,10")

    said, _ = run("import_catalogue", path, fails=True).err.splitlines()

    assert said == f"{path}, line 3: sku MUG stands already in {path}, line 2"


def test_a_level_below_what_is_reserved_is_refused_with_its_line(write, run):
    StockItemFactory(sku="MUG", on_hand=10, reserved=4)
    path = write(HEADER, "TEA,Tea,1,GBP,0.2,10", "MUG,Mug,1,GBP,0.2,3")

    said, _ = run("import_catalogue", path, fails=True).err.splitlines()

    assert said == f"{path}, line 3: on_hand: MUG can't have 3 on hand: 4 are reserved"
    assert not Product.objects.exists()
    assert levels() == {"MUG": 10}


def test_a_file_without_lines_changes_nothing(write, run):
    assert run("import_catalogue", write(HEADER)).out == "0 products imported\n"
