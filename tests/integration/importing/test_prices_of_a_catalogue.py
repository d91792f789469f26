"""manage.py import_catalogue and import_orders: prices that begin later, and those of then."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from orders.models import Order, Price, Product
from orders.prices.changes import set_price
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db

HEADER = "sku,name,unit_price,currency,tax_rate,on_hand"
TIMED = f"{HEADER},valid_from"
FAR = "2199-01-01"


def prices():
    rows = Price.objects.order_by("product", "valid_from", "price_list")
    return list(rows.values_list("product_id", "price_list__currency", "unit_price", "actor"))


def test_a_changed_price_is_a_price_from_now_on_and_an_unchanged_one_is_none(write, run):
    run("import_catalogue", write(HEADER, "MUG,Mug,2.50,GBP,0.2,10", "TEA,Tea,1000,JPY,0,0"))
    run("import_catalogue", write(HEADER, "MUG,Mug,3,GBP,0.2,10", "TEA,Tea,1000,JPY,0,0"))

    assert prices() == [
        ("MUG", "GBP", Decimal("2.5"), "import_catalogue"),
        ("MUG", "GBP", Decimal(3), "import_catalogue"),
        ("TEA", "JPY", Decimal(1000), "import_catalogue"),
    ]


def test_with_valid_from_the_price_begins_then_and_all_else_is_brought_up_to_date_at_once(write, run):
    run("import_catalogue", write(HEADER, "MUG,Mug,2.50,GBP,0.2,10"))
    later = write(TIMED, f"MUG,Big mug,3,GBP,0.1,4,{FAR}", "TEA,Tea,1,GBP,0,0,", name="later.csv")

    for _ in range(2):  # safe to repeat
        assert run("import_catalogue", later).out == "2 products imported\n"

    mug = Product.objects.with_price_now().get(pk="MUG")
    assert (mug.name, mug.tax_rate, mug.price_now) == ("Big mug", Decimal("0.1"), Decimal("2.5"))
    assert [price for price in prices() if price[0] == "MUG"] == [
        ("MUG", "GBP", Decimal("2.5"), "import_catalogue"),
        ("MUG", "GBP", Decimal(3), "import_catalogue"),
    ]


def test_with_valid_from_a_price_may_be_in_another_currency(write, run):
    run("import_catalogue", write(HEADER, "MUG,Mug,2.50,GBP,0.2,10"))
    run("import_catalogue", write(TIMED, f"MUG,Mug,3,EUR,0.2,10,{FAR}"))

    assert prices()[1][1:3] == ("EUR", Decimal(3))
    assert Product.objects.get().currency == "GBP"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("MUG,Mug,3,GBP,0.2,10,2020-01-01", "valid_from is past: without it a price begins now, with it later"),
        (f"MUG,Mug,4,GBP,0.2,10,{FAR}", "valid_from is when another price begins already"),
        (
            f"NEW,New,4,GBP,0.2,10,{FAR}",
            "valid_from is for products that are there: a new one takes a price that holds",
        ),
        ("MUG,Mug,4,GBP,0.2,10,soon", "valid_from must be a time as in RFC 3339"),
    ],
)
def test_a_start_that_can_not_be_is_named_and_nothing_is_imported(write, run, line, problem):
    run("import_catalogue", write(HEADER, "MUG,Mug,2.50,GBP,0.2,10"))
    set_price(sku="MUG", unit_price=Decimal(3), valid_from=datetime(2199, 1, 1, tzinfo=UTC), actor="shop")
    before = prices()
    path = write(TIMED, "TEA,Tea,1,GBP,0.2,10,", line, name="bad.csv")

    said, error = run("import_catalogue", path, fails=True).err.splitlines()

    assert said.startswith(f"{path}, line 3: {problem}")
    assert error == "nothing was imported: 1 problem, see above"
    assert prices() == before


def test_an_order_of_then_is_imported_at_the_price_of_then_unless_it_names_its_own(write, run):
    ProductFactory(sku="MUG", unit_price=1)
    started = [
        set_price(sku="MUG", unit_price=Decimal(amount), actor="shop").valid_from.isoformat() for amount in (2, 3)
    ]
    rows = [
        "LONG-AGO,C-1,MUG,1,,2010-12-01T08:26:00Z",
        f"THEN,C-1,MUG,1,,{started[0]}",
        f"AFTER,C-1,MUG,1,,{started[1]}",
        f"OWN,C-1,MUG,1,9.99,{started[0]}",
        "NOW,C-1,MUG,1,,",
    ]

    run("import_orders", write("reference,customer_id,sku,quantity,unit_price,placed_at", *rows))

    assert dict(Order.objects.values_list("reference", "net")) == {
        "LONG-AGO": 2,
        "THEN": 2,
        "AFTER": 3,
        "OWN": Decimal("9.99"),
        "NOW": 3,
    }


def test_products_that_an_import_of_orders_creates_have_their_price_recorded(write, run):
    header = "reference,customer_id,sku,quantity,unit_price,currency,placed_at"
    run("import_orders", "--create-products", write(header, "R-1,C-1,MUG,1,2.50,GBP,2010-12-01"))

    assert prices() == [("MUG", "GBP", Decimal("2.5"), "import_orders")]
    assert Order.objects.get().net == Decimal("2.5")
