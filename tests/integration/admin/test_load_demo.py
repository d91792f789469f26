"""manage.py load_demo"""

import json

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from knox.models import AuthToken

from inventory.models import StockItem, StockMovement
from operations.demo import CATALOGUE
from orders.models import Product
from tests.stock import book_movement

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _password(settings) -> None:
    settings.DEMO_ADMIN_PASSWORD = "open sesame"


@pytest.fixture
def load(capsys):
    def run():
        call_command("load_demo")
        printed = capsys.readouterr().out
        assert printed.count("\n") == 1
        return json.loads(printed)

    return run


def test_it_makes_a_catalogue_with_stock_and_log_ins(load):
    printed = load()

    assert printed["admin_user"] == "admin"
    assert getattr(authenticate(username="admin", password="open sesame"), "is_superuser", False)
    assert AuthToken.objects.get().token_key in printed["api_token"]
    assert Product.objects.count() == StockItem.objects.count() == StockMovement.objects.count() == len(CATALOGUE)
    assert {product.currency for product in Product.objects.all()} == {"GBP", "EUR"}


def test_a_second_run_gives_another_token_and_leaves_products_and_stock_as_they_are(load):
    first = load()
    Product.objects.filter(pk="CAKESTAND-3").update(unit_price=99)
    book_movement(sku="CAKESTAND-3", kind=StockMovement.Kind.RECEIPT, quantity=1)
    movements = StockMovement.objects.count()

    second = load()

    assert first["api_token"] != second["api_token"]
    assert AuthToken.objects.count() == 2
    assert StockMovement.objects.count() == movements
    assert Product.objects.get(pk="CAKESTAND-3").unit_price == 99


def test_without_a_password_it_names_the_setting(load, settings):
    settings.DEMO_ADMIN_PASSWORD = ""

    with pytest.raises(CommandError, match="DEMO_ADMIN_PASSWORD"):
        load()


def test_an_inactive_client_gets_no_token(load, django_user_model):
    load()
    django_user_model.objects.filter(username="demo").update(is_active=False)

    with pytest.raises(CommandError, match="demo"):
        load()
