"""Demo data: a catalogue, stock, an admin and an API client."""

from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction

from api.clients import create_client, create_token
from inventory.models import StockItem
from inventory.services import set_on_hand
from orders.catalogue import PricedProduct, upsert_products
from orders.models import Product

ADMIN = "admin"
CLIENT = "demo"

STANDARD, REDUCED, ZERO, FRENCH_FOOD = "0.2", "0.05", "0", "0.055"
CATALOGUE = (  # sku, name, unit price, currency, tax rate, units on hand
    ("20725", "Lunch bag, red retrospot", "1.65", "GBP", STANDARD, 5000),
    ("22139", "Retrospot tea set, ceramic, 11 pieces", "4.95", "GBP", STANDARD, 800),
    ("22197", "Popcorn holder", "0.85", "GBP", STANDARD, 10000),
    # Few: order more to see a rejection. Not under its number 22423, which orders of the shared data set ask for.
    ("CAKESTAND-3", "Regency cakestand, 3 tier", "12.75", "GBP", STANDARD, 3),
    ("22457", "Natural slate heart chalkboard", "2.95", "GBP", STANDARD, 1200),
    ("22720", "Set of 3 cake tins, pantry design", "4.95", "GBP", STANDARD, 900),
    ("47566", "Party bunting", "4.95", "GBP", STANDARD, 2500),
    ("84879", "Assorted colour bird ornament", "1.69", "GBP", STANDARD, 6000),
    ("85123A", "White hanging heart t-light holder", "2.55", "GBP", STANDARD, 8000),
    ("BOOK-CAKES", "Cakes for every Sunday, hardback", "14.99", "GBP", ZERO, 400),
    ("BABY-BODY-3", "Baby bodysuit, bunny, pack of 3", "9.50", "GBP", ZERO, 600),
    ("SEAT-RED", "Booster seat for children, red retrospot", "24.00", "GBP", REDUCED, 150),
    ("MACARON-12", "Box of 12 macarons", "19.90", "EUR", FRENCH_FOOD, 300),
)


@transaction.atomic
def load_demo(*, admin_password: str) -> str:
    """Create what is missing of the demo data, and a new API token, which is returned.

    Existing products and stock stay as they are; the admin gets the given password in any case.

    Raises:
        InvalidClient: the API client was made inactive.
    """
    _add_products()
    _stock_up()
    _give_access(admin_password)
    if User.objects.filter(username=CLIENT).exists():
        return create_token(name=CLIENT)
    return create_client(name=CLIENT)


def _add_products() -> None:
    known = set(Product.objects.values_list("sku", flat=True).filter(sku__in=[sku for sku, *_ in CATALOGUE]))
    products = (
        PricedProduct(sku, name, Decimal(unit_price), currency, Decimal(tax_rate))
        for sku, name, unit_price, currency, tax_rate, _ in CATALOGUE
        if sku not in known
    )
    upsert_products(products, actor=ADMIN)


def _stock_up() -> None:
    on_hand = {sku: units for sku, *_, units in CATALOGUE}
    for sku in StockItem.objects.filter(sku__in=on_hand).values_list("sku", flat=True):
        del on_hand[sku]
    set_on_hand(levels=on_hand, note="demo stock", actor=ADMIN)


def _give_access(password: str) -> None:
    user, _ = User.objects.get_or_create(username=ADMIN)
    user.is_active = user.is_staff = user.is_superuser = True
    user.set_password(password)
    user.save()
