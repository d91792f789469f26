"""What a product has cost, costs and will cost, and setting a price, in the admin."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from orders.models import Price
from orders.prices.changes import set_price
from tests.factories import ProductFactory
from tests.integration.admin.forms import errors, send, shown_key, told

PAGE = "/admin/orders/product/MUG/change/"
URL = "/admin/orders/product/MUG/set_price/"


@pytest.fixture
def clerk(staff):
    return staff("orders.view_product", "orders.change_product", "orders.view_price", name="ann")


@pytest.fixture(autouse=True)
def mug(db):
    return ProductFactory(sku="MUG", unit_price="2.50", currency="GBP")


def price(client, key: str = "", **entered: str):
    return send(client, URL, {"unit_price": "3.00", "currency": "GBP", "valid_from": "", **entered}, key=key)


def in_two_days() -> datetime:
    return timezone.now().replace(microsecond=0) + timedelta(days=2)


def shown(client, page: str = PAGE) -> list[list[str]]:
    (panel,) = client.get(page).context["panels"]
    assert panel.title == "Prices"
    return [[str(cell) for cell in row] for row in panel.rows]


def test_a_price_from_now_on_holds_and_says_who_set_it(clerk, mug):
    response = price(clerk)

    assert told(clerk, response) == ["MUG costs 3.00 GBP from now on."]
    mug.refresh_from_db()
    assert mug.unit_price == Decimal(3)
    ((_, amount, state, _, actor),) = shown(clerk)
    assert (amount, actor) == ("3.00 GBP", "ann")
    assert "holds now" in state


def test_a_price_that_is_to_come_is_shown_with_its_start(clerk):
    set_price(sku="MUG", unit_price=Decimal("2.75"), actor="root")
    start = in_two_days()

    response = price(clerk, valid_from=start.strftime("%Y-%m-%dT%H:%M:%S"))

    assert told(clerk, response) == [f"MUG costs 3.00 GBP from {start:%Y-%m-%d %H:%M:%S} UTC on."]
    coming, holding = shown(clerk)
    assert start.strftime("%Y-%m-%d %H:%M:%S") in coming[0]
    assert "to come" in coming[2]
    assert "holds now" in holding[2]
    assert shown(clerk, URL) == shown(clerk)


# odoo/odoo#274359: what comes along with a number that is pasted from a spreadsheet, a PDF or a page.
@pytest.mark.parametrize("pasted", ["2.75 ", "\t2.75", "\u00a02.75\u202f", "2.75\r\n"])
def test_a_price_is_pasted_with_the_spaces_around_it(clerk, mug, pasted):
    assert told(clerk, price(clerk, unit_price=pasted)) == ["MUG costs 2.75 GBP from now on."]


# lionheart/openradar-mirror#15866: a change of price began a day early, by the time zone of who entered it.
def test_a_start_is_by_utc_and_says_so(clerk):
    assert "Begins at (UTC)" in clerk.get(URL).content.decode()

    price(clerk, valid_from="2199-01-01T00:00")

    assert Price.objects.get().valid_from == datetime(2199, 1, 1, tzinfo=UTC)


def test_each_currency_has_its_own_price_that_holds(clerk):
    for currency in ("GBP", "eur"):
        price(clerk, currency=currency)
    price(clerk, currency="EUR", unit_price="3.50")

    states = {row[1]: "holds now" in row[2] for row in shown(clerk)}
    assert states == {"3.50 EUR": True, "3.00 EUR": False, "3.00 GBP": True}


def test_a_product_is_no_longer_sold_in_another_currency(clerk):
    price(clerk, currency="EUR")

    response = price(clerk, currency="EUR", unit_price="", not_sold="on")

    assert told(clerk, response)[-1] == "MUG is not sold in EUR from now on."
    assert shown(clerk)[0][1] == "not sold"


@pytest.mark.parametrize(
    ("entered", "field", "says"),
    [
        ({"valid_from": "2020-01-01T00:00"}, "valid_from", "This is past. Leave it empty"),
        ({"valid_from": "2026-02-31T00:00"}, "valid_from", "Must be a time"),
        ({"valid_from": "tomorrow"}, "valid_from", "Must be a time"),
        ({"valid_from": "9999-12-31T23:59:59-23:59"}, "valid_from", "Must be within the years"),
        ({"unit_price": "-1"}, "unit_price", "Must be a number"),
        ({"unit_price": "1e400"}, "unit_price", "Must be a number"),
        ({"unit_price": ""}, "unit_price", "Enter a price, or say below"),
        ({"not_sold": "on"}, "unit_price", "Enter a price, or say below"),
        ({"unit_price": "", "not_sold": "on"}, "unit_price", "Must be a price: GBP is the currency of MUG itself"),
        ({"currency": "XXX"}, "currency", "Must be a currency code"),
        ({"currency": ""}, "currency", "This field is required"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(clerk, entered, field, says):
    wrong = errors(price(clerk, **entered))

    assert list(wrong) == [field]
    assert wrong[field][0].startswith(says)
    assert not Price.objects.exists()


def test_two_prices_do_not_begin_at_once(clerk):
    start = in_two_days().isoformat()
    price(clerk, valid_from=start)

    assert errors(price(clerk, unit_price="4", valid_from=start))["valid_from"][0].startswith("There is a price of MUG")
    assert Price.objects.count() == 1


def test_a_page_that_is_sent_twice_sets_one_price(clerk):
    key = shown_key(clerk.get(URL))

    responses = [price(clerk, key=key) for _ in range(2)]

    assert told(clerk, responses[1])[-1] == "This was done already: the page was sent twice."
    assert Price.objects.count() == 1


def test_who_may_see_products_but_not_prices_sees_no_history(staff):
    set_price(sku="MUG", unit_price=Decimal(3), actor="root")

    page = staff("orders.view_product").get(PAGE)

    assert page.context["panels"] == []
    assert "set_price" not in page.content.decode()


def test_who_may_only_look_sets_no_price(viewer):
    assert viewer.get(URL).status_code == 403
    assert price(viewer).status_code == 403
    assert not Price.objects.exists()


def test_a_product_that_there_is_not_is_not_found(clerk):
    assert clerk.get("/admin/orders/product/NONE/set_price/").status_code == 404


# --- withdrawing ------------------------------------------------------------------------------------------------------

WITHDRAW = "/admin/orders/product/MUG/withdraw_price/"


def planned(unit_price: str = "3.00") -> Price:
    return set_price(sku="MUG", unit_price=Decimal(unit_price), valid_from=in_two_days(), actor="root")


def test_a_price_to_come_is_chosen_and_withdrawn_and_stays_on_record(clerk):
    coming = planned()
    label = f"3.00 GBP from {coming.valid_from:%Y-%m-%d %H:%M:%S} UTC on"
    assert label in clerk.get(WITHDRAW).content.decode()

    response = send(clerk, WITHDRAW, {"price": str(coming.pk)})

    assert told(clerk, response) == [f"Withdrawn: {label}."]
    current, withdrawn = clerk.get(PAGE).context["panels"]
    assert current.rows == []
    assert withdrawn.title == "Withdrawn prices"
    ((_, amount, _, set_by, _, withdrawn_by),) = withdrawn.rows
    assert (amount, set_by, withdrawn_by) == ("3.00 GBP", "root", "ann")


def test_where_no_price_is_to_come_the_page_says_so(clerk):
    set_price(sku="MUG", unit_price=Decimal(3), actor="root")

    assert told(clerk, clerk.get(WITHDRAW)) == ["No price of MUG is to come: one that has begun stays."]


def test_a_price_that_is_about_to_begin_is_not_withdrawn(clerk, settings):
    settings.CATALOGUE_CACHE_TTL = timedelta(hours=1)
    start = timezone.now() + timedelta(minutes=30)
    coming = set_price(sku="MUG", unit_price=Decimal(3), valid_from=start, actor="root")

    wrong = errors(send(clerk, WITHDRAW, {"price": str(coming.pk)}))

    assert "begins at" in str(wrong)
    assert Price.objects.filter(pk=coming.pk).exists()


def test_a_withdrawal_that_is_sent_twice_is_carried_out_once(clerk):
    coming = planned()
    key = shown_key(clerk.get(WITHDRAW))

    responses = [send(clerk, WITHDRAW, {"price": str(coming.pk)}, key=key) for _ in range(2)]

    assert told(clerk, responses[1])[-1] == "This was done already: the page was sent twice."


def test_who_may_only_look_withdraws_no_price(viewer):
    coming = planned()

    assert send(viewer, WITHDRAW, {"price": str(coming.pk)}, key="x").status_code == 403
    assert Price.objects.filter(pk=coming.pk).exists()
