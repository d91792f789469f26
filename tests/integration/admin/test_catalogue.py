"""Products, which are added and changed by the rules of the API."""

import re
from decimal import Decimal

import pytest

from orders import admin as orders_admin
from orders.catalogue import PricedProduct, change_product, create_product, products_for
from orders.exceptions import ProductExists
from orders.models import Product
from tests.factories import ProductFactory

ADD = "/admin/orders/product/add/"


def fields(**entered: str) -> dict[str, str]:
    return {"sku": "TEAPOT", "name": "Teapot", "unit_price": "12.50", "currency": "GBP", "tax_rate": "0.2"} | entered


def errors(response):
    assert response.status_code == 200
    return response.context["adminform"].form.errors


def test_a_product_is_added_with_sku_and_currency_in_upper_case(superuser):
    response = superuser.post(ADD, fields(sku=" tea pot-1 ", currency="eur"))

    assert response.status_code == 302
    product = Product.objects.get()
    assert (product.sku, product.currency) == ("TEA POT-1", "EUR")
    assert (product.unit_price, product.tax_rate) == (Decimal("12.5"), Decimal("0.2"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sku", "-x"),
        ("sku", ""),
        ("sku", "🫖"),
        ("name", " "),
        ("name", "a\x01b"),
        ("name", "a\x00b"),
        ("currency", "XXX"),
        ("currency", "GBX"),
        ("unit_price", "-1"),
        ("unit_price", "NaN"),
        ("unit_price", "1e400"),
        ("unit_price", "0.1234567"),
        ("tax_rate", "1.1"),
        ("tax_rate", "20 %"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(superuser, field, value):
    assert list(errors(superuser.post(ADD, fields(**{field: value})))) == [field]
    assert not Product.objects.exists()


def test_who_adds_a_product_at_the_same_moment_as_another_is_led_to_theirs(superuser, monkeypatch):
    def somebody_was_faster(*, product, actor):
        raise ProductExists(product.sku)

    monkeypatch.setattr(orders_admin, "create_product", somebody_was_faster)

    response = superuser.post(ADD, fields())

    assert response.headers["Location"] == "/admin/orders/product/TEAPOT/change/"
    (message,) = superuser.get("/admin/").context["messages"]
    assert str(message) == "Nothing was added: there is a product TEAPOT already."


def test_a_sku_that_is_taken_is_refused(superuser):
    ProductFactory.create(sku="TEAPOT")

    assert list(errors(superuser.post(ADD, fields(sku="teapot")))) == ["sku"]


def test_a_changed_price_counts_at_once(superuser, django_capture_on_commit_callbacks):
    product = ProductFactory.create(unit_price="2.50")
    products_for([product.sku])

    with django_capture_on_commit_callbacks(execute=True):
        superuser.post(f"/admin/orders/product/{product.sku}/change/", fields(unit_price="3.00"))

    assert products_for([product.sku])[product.sku].unit_price == Decimal("3")


# magento/inventory#538, woocommerce/woocommerce#15818: whoever renamed a product put its price back, too.
def test_what_was_changed_since_the_page_was_shown_stays_unless_the_person_changes_it(superuser):
    product = create_product(product=PricedProduct("MUG", "Mug", Decimal(2), "GBP", Decimal("0.2")), actor="shop")
    page = f"/admin/orders/product/{product.sku}/change/"
    shown = dict(re.findall(r'name="([a-z_-]+)" value="([^"]*)"', superuser.get(page).content.decode()))
    assert shown["unit_price"] == "2.00"
    changes = {"unit_price": Decimal(9), "tax_category": "Z", "tax_rate": Decimal(0)}
    change_product(sku=product.sku, changes=changes, actor="another")

    saved = superuser.post(page, shown | {"name": "Large mug", "tax_category": "", "initial-tax_category": ""})

    assert saved.status_code == 302
    product = Product.objects.with_price_now().get()
    assert (product.name, product.price_now, product.tax_category, product.tax_rate) == ("Large mug", 9, "Z", 0)
    assert [price.actor for price in product.prices.order_by("valid_from")] == ["shop", "another"]


def test_a_sku_never_changes(superuser):
    product = ProductFactory.create()

    superuser.post(f"/admin/orders/product/{product.sku}/change/", fields(sku="OTHER"))

    assert Product.objects.get().sku == product.sku
    assert Product.objects.get().name == "Teapot"


def test_prices_are_shown_without_the_column_s_zeros(superuser):
    product = ProductFactory.create(unit_price="2.500000", tax_rate="0.0000")

    html = superuser.get(f"/admin/orders/product/{product.sku}/change/").content.decode()

    assert 'value="2.50"' in html
    assert 'value="0"' in html
