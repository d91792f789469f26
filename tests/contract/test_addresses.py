"""bill_to and ship_to: taken, kept, shown, and everything that is wrong with them named."""

import pytest

from messaging.models import OutboxMessage
from orders.models import Order, OrderLine
from tests.factories import ProductFactory

ADA = {
    "name": "Ada Lovelace B.V.",
    "lines": ["Damrak 1", "2. verdieping"],
    "postal_code": "1012 LG",
    "city": "Amsterdam",
    "country": "NL",
    "vat_id": "nl 0044.95.445 B01",
    "email": "ada@example.com",
    "electronic_address": {"scheme": "0106", "id": "12345678"},
    "contact": {"name": "Ada", "phone": "+31 20 1234567"},
    "buyer_reference": "04011000-1234512345-35",
    "locale": "nl_be",
}
KEPT = ADA | {"vat_id": "NL004495445B01", "locale": "nl-BE"}
ISSUER = {"name": "Becher GmbH", "lines": ["Weg 1"], "postal_code": "10115", "city": "Berlin", "country": "DE"}


def order(**fields):
    return {"customer_id": "C-1", "lines": [{"sku": "MUG", "quantity": 2}], **fields}


pytestmark = pytest.mark.usefixtures("intake_in_transaction")


@pytest.fixture
def shop(api):
    return api()


@pytest.fixture(autouse=True)
def _mug(db, settings):
    settings.INVOICE_ISSUER = ISSUER
    ProductFactory(sku="MUG", unit_price="2.50", tax_rate="0.2")


@pytest.mark.parametrize("statement", ["single", "orm"])
def test_addresses_are_kept_on_the_order_and_its_event_as_they_were_sent(shop, settings, statement):
    settings.INTAKE_STATEMENT = statement

    answer = shop.post("/orders", order(bill_to=ADA, ship_to=ADA | {"city": "Delft"}), content_type="application/json")

    assert answer.status_code == 201
    placed = answer.json()
    assert placed["bill_to"] == KEPT
    assert placed["ship_to"] == KEPT | {"city": "Delft"}
    assert Order.objects.get().bill_to == KEPT
    assert shop.get(placed["url"]).json() == placed
    assert OutboxMessage.objects.get().body.count("Damrak 1") == 2


def test_a_business_abroad_is_billed_without_tax_and_told_why(shop):
    placed = shop.post("/orders", order(bill_to=ADA), content_type="application/json").json()

    assert (placed["lines"][0]["tax_category"], placed["lines"][0]["tax_rate"]) == ("K", "0")
    assert (placed["net"], placed["tax"], placed["total"]) == ("5.00", "0.00", "5.00")
    taxes = Order.objects.get().taxes
    assert [(part["category"], part["reason_code"]) for part in taxes] == [("K", "VATEX-EU-IC")]
    assert OrderLine.objects.get().tax_category == "K"


def test_an_issuer_without_a_country_taxes_as_at_home(shop, settings):
    settings.INVOICE_ISSUER = {"name": "Becher GmbH", "address": "Weg 1, Berlin", "tax_id": "1"}

    placed = shop.post("/orders", order(bill_to=ADA), content_type="application/json").json()

    assert (placed["lines"][0]["tax_category"], placed["tax"]) == ("S", "1.00")


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        ({"city": None}, ["/bill_to/city"]),
        ({"city": "", "lines": []}, ["/bill_to/lines", "/bill_to/city"]),
        ({"lines": ["a", "b", "c", "d"]}, ["/bill_to/lines"]),
        ({"lines": ["a", "b\u202e"]}, ["/bill_to/lines/1"]),
        ({"country": "UK"}, ["/bill_to/country"]),
        ({"country": "nl"}, ["/bill_to/country"]),
        ({"country": "EU", "vat_id": "DE136695977"}, ["/bill_to/country", "/bill_to/vat_id"]),
        ({"vat_id": "004495445B01"}, ["/bill_to/vat_id"]),
        ({"email": "ada"}, ["/bill_to/email"]),
        ({"electronic_address": {"scheme": "GLN", "id": "1"}}, ["/bill_to/electronic_address/scheme"]),
        ({"electronic_address": {"scheme": "0088"}}, ["/bill_to/electronic_address/id"]),
        ({"contact": {"fax": "1"}}, ["/bill_to/contact/fax"]),
        ({"street": "1 Road"}, ["/bill_to/street"]),
        ({"name": "x" * 201}, ["/bill_to/name"]),
        *(
            ({"locale": locale}, ["/bill_to/locale"])
            for locale in ("xx-XX", "de-XX", "und", "", "Deutsch", "de-AT-u-nu-latn", "../de", 7)
        ),
    ],
)
def test_every_field_that_is_wrong_is_named(shop, wrong, pointers):
    answer = shop.post("/orders", order(bill_to=ADA | wrong), content_type="application/json")

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers


@pytest.mark.parametrize("missing", ["name", "lines", "city", "country"])
def test_what_an_address_must_have_is_missed(shop, missing):
    ship_to = {name: value for name, value in ADA.items() if name != missing}

    answer = shop.post("/orders", order(ship_to=ship_to), content_type="application/json")

    assert answer.json()["errors"] == [{"pointer": f"/ship_to/{missing}", "detail": "is missing"}]


def test_a_country_without_postal_codes_needs_none(shop):
    """bcgov/entity#31891, django-oscar/django-oscar#575, Cimpress-MCP/postal-codes-js#62."""
    dubai = {"name": "Ada", "lines": ["Sheikh Zayed Road"], "city": "Dubai", "country": "AE"}

    answer = shop.post("/orders", order(bill_to=dubai, ship_to=None), content_type="application/json")

    assert answer.json()["bill_to"] == dubai
    assert answer.json()["lines"][0]["tax_category"] == "G"
