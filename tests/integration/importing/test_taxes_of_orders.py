"""What a file says of tax holds for its orders, whatever the catalogue says when they are imported.

awesomemotive/easy-digital-downloads#9402, woocommerce/woocommerce#45310: an import that taxes anew.
"""

import csv

import pytest

from orders.models import Order, OrderLine, Product
from tests.commands import manage
from tests.factories import ProductFactory

HEADER = "reference,customer_id,sku,quantity,unit_price,currency,placed_at"
TAXES = f"{HEADER},tax_rate,tax_category,tax_reason_code,tax_reason"
LINE = "R-1,C-1,MUG,2,1.00,GBP,2020-01-02"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def mug():
    ProductFactory(sku="MUG", tax_rate="0.2")
    ProductFactory(sku="BOOK", tax_rate=0, tax_category="E", tax_reason="Education", tax_reason_code="VATEX-EU-132")


def taxes() -> list[tuple[str, str, str]]:
    rows = OrderLine.objects.order_by("order__reference", "line_no").values_list("sku", "tax_rate", "tax_category")
    return [(sku, str(rate.normalize()), category) for sku, rate, category in rows]


def reasons() -> list[tuple[str, str | None, str | None]]:
    taxes = Order.objects.get().taxes
    return [(tax["category"], tax.get("reason_code"), tax.get("reason")) for tax in taxes]


def test_an_order_that_comes_back_from_an_export_is_taxed_as_it_was(write, run, tmp_path):
    run("import_orders", write(HEADER, LINE, LINE.replace("MUG", "BOOK")))
    before, was = taxes(), reasons()
    path = tmp_path / "out.csv"
    manage("export_orders", "--output", path)
    Order.objects.all().delete()
    Product.objects.filter(sku="MUG").update(tax_rate="0.25")
    Product.objects.filter(sku="BOOK").update(tax_rate="0.05", tax_category="", tax_reason="", tax_reason_code="")

    run("import_orders", path)

    assert taxes() == before == [("MUG", "0.2", "S"), ("BOOK", "0", "E")]
    assert reasons() == was == [("S", None, None), ("E", "VATEX-EU-132", "Education")]


def test_an_export_of_before_it_had_categories_says_the_rates(write, run, tmp_path):
    run("import_orders", write(HEADER, LINE, LINE.replace("MUG", "BOOK")))
    path = tmp_path / "out.csv"
    manage("export_orders", "--output", path)
    header, *rows = csv.reader(path.read_text().splitlines())
    kept = [place for place, name in enumerate(header) if name not in TAXES.split(",")[-3:]]
    path.write_text("".join(",".join(row[place] for place in kept) + "\n" for row in (header, *rows)))
    Order.objects.all().delete()
    Product.objects.filter(sku="MUG").update(tax_rate="0.25")

    run("import_orders", path)

    assert taxes() == [("MUG", "0.2", "S"), ("BOOK", "0", "E")]


@pytest.mark.parametrize(
    ("cells", "taxed", "reason"),
    [
        ("0.19,,,", ("MUG", "0.19", "S"), (None, None)),
        ("0,,,", ("MUG", "0", "Z"), (None, None)),
        ("0,K,,", ("MUG", "0", "K"), ("VATEX-EU-IC", "Intra-community supply")),
        ("0,E,,Small business", ("MUG", "0", "E"), (None, "Small business")),
        (",,,", ("MUG", "0.2", "S"), (None, None)),
    ],
)
def test_who_writes_a_file_can_say_how_its_lines_were_taxed(write, run, cells, taxed, reason):
    run("import_orders", write(TAXES, f"{LINE},{cells}"))

    (tax,) = Order.objects.get().taxes
    assert taxes() == [taxed]
    assert (tax.get("reason_code"), tax.get("reason")) == reason


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("20 %,,,", "tax_rate must be"),
        ("0.2,X,,", "tax_category must be one of S, Z, E, AE, G, K"),
        ("0.2,K,,", "tax_category K takes a tax rate of 0"),
        ("0,S,,", "tax_category S takes a tax rate above 0"),
        (",S,,", "tax_rate is missing"),
        ("0,E,,", "tax_reason is missing: E takes a tax_reason, a tax_reason_code, or both"),
        ("0.2,S,,Education", "tax_reason does not go with the tax category"),
    ],
)
def test_tax_that_makes_no_sense_is_refused_with_its_column(write, run, cells, said):
    failed = run("import_orders", write(TAXES, f"{LINE},{cells}"))

    assert said in failed.out + failed.err
    assert not Order.objects.exists()


def test_what_was_refused_keeps_its_taxes_in_the_file_of_rejects(write, run, tmp_path):
    rejects = tmp_path / "rejects.csv"
    run("import_orders", write(TAXES, f"{LINE.replace('MUG', 'NONE')},0.19,,,"), "--rejects", rejects)

    (row,) = csv.DictReader(rejects.read_text().splitlines())
    assert row["tax_rate"] == "0.19"
