"""Placing an order on a page of the admin: a customer, and lines with products that are searched for."""

from uuid import UUID

import pytest
from django.http import QueryDict

from messaging.models import OutboxMessage
from orders.models import Order
from orders.prices.changes import set_price
from tests.factories import ProductFactory
from tests.integration.admin.forms import errors, send, shown_key, told

URL = "/admin/orders/order/place/"
SEARCH = "/admin/autocomplete/"
MAY = ("orders.add_order", "orders.view_order", "orders.view_product")


@pytest.fixture
def clerk(staff):
    return staff(*MAY, name="ann")


@pytest.fixture(autouse=True)
def catalogue(db):
    ProductFactory(sku="MUG", name="Fine mug, blue", unit_price="2.50")
    ProductFactory(sku="TEA-1", name="Assam tea, 250 g", unit_price="4.00")


def place(client, *lines: tuple[str, str], key: str = "", **entered: str):
    rows = {"sku": [sku for sku, _ in lines], "quantity": [quantity for _, quantity in lines]}
    return send(client, URL, {"customer_id": "C-1", "reference": "PO-1", **rows, **entered}, key=key)


def row_errors(response) -> list[list[str]]:
    return [list(row.errors) for row in response.context["form"].rows]


def found(client, term: str) -> list[str]:
    """The texts of the results of a line's search."""
    query = {"term": term, "app_label": "orders", "model_name": "price", "field_name": "product"}
    return [result["text"] for result in client.get(SEARCH, query).json()["results"]]


def test_an_order_is_placed_in_the_name_of_who_sent_the_page(clerk, django_user_model):
    response = place(clerk, ("MUG", "2"), ("", ""), ("TEA-1", "1"), allow_backorder="on")

    order = Order.objects.get()
    assert response.headers["Location"] == f"/admin/orders/order/{order.pk}/change/"
    assert (order.customer_id, order.reference, order.currency, order.allow_backorder) == ("C-1", "PO-1", "GBP", True)
    assert list(order.lines.values_list("line_no", "sku", "quantity")) == [(1, "MUG", 2), (2, "TEA-1", 1)]
    assert order.client == django_user_model.objects.get(username="ann")
    assert told(clerk, response)[0].startswith("The order is placed.")
    assert OutboxMessage.objects.get().key == str(order.pk)


def test_the_page_offers_the_customers_of_the_newest_orders(clerk):
    place(clerk, ("MUG", "1"), customer_id='"><script>alert(1)</script>')

    page = clerk.get(URL).content.decode()

    assert '<option value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">' in page


def test_a_currency_that_a_product_is_not_sold_in_is_said_at_its_line(clerk):
    set_price(sku="MUG", unit_price=3, currency="EUR", actor="root")
    refused = place(clerk, ("TEA-1", "1"), ("MUG", "1"), currency="EUR")

    assert errors(refused) == {"lines": ["Some lines can't be ordered: see below."]}
    assert row_errors(refused) == [["TEA-1 is sold in GBP, the order is in EUR."], []]
    assert place(clerk, ("MUG", "1"), currency="EUR").status_code == 302
    assert Order.objects.get().currency == "EUR"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (("MUG", ""), "Enter a whole number from 1 to 1000000."),
        (("MUG", "0"), "Enter a whole number from 1 to 1000000."),
        (("MUG", "1.5"), "Enter a whole number from 1 to 1000000."),
        (("MUG", "²"), "Enter a whole number from 1 to 1000000."),
        (("MUG", "9" * 5000), "Enter a whole number from 1 to 1000000."),
        (("", "1"), "Choose a product."),
        (("NONE", "1"), "There is no product NONE."),
        (("\x00", "1"), "The sku must be"),
        (("<b>", "1"), "The sku must be"),
    ],
)
def test_what_can_not_be_ordered_is_said_at_its_line_and_the_page_keeps_what_was_entered(clerk, line, says):
    refused = place(clerk, ("MUG", "2"), ("", ""), line)

    assert list(errors(refused)) == ["lines"]
    (wrong,) = row_errors(refused)[2]
    assert wrong.startswith(says)
    assert row_errors(refused)[:2] == [[], []]
    assert "MUG · Fine mug, blue" in refused.content.decode()
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"customer_id": ""}, "customer_id"),
        ({"customer_id": "x" * 65}, "customer_id"),
        ({"customer_id": "a\x00"}, "customer_id"),
        ({"reference": "\u202e"}, "reference"),
        ({"currency": "XXX"}, "currency"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(clerk, entered, field):
    assert list(errors(place(clerk, ("MUG", "1"), **entered))) == [field]
    assert not Order.objects.exists()


@pytest.mark.parametrize("lines", [[], [("", ""), (" ", "")]])
def test_an_order_without_a_line_is_none(clerk, lines):
    assert errors(place(clerk, *lines)) == {"lines": ["Choose at least one product."]}


def test_more_lines_than_the_page_takes_are_said(clerk):
    assert "up to 200 lines" in errors(place(clerk, *[("MUG", "1")] * 201))["lines"][0]


def test_rows_that_a_browser_would_never_send_are_no_fault(clerk):
    data = QueryDict("customer_id=C-1&sku=MUG&sku=MUG&quantity=1&submission=x", mutable=True)

    assert clerk.post(URL, data.urlencode(), content_type="application/x-www-form-urlencoded").status_code == 200
    assert not Order.objects.exists()


# extcode/cart#33, shopware/shopware#822: two orders, or an error page; ida-arbeitszeit/workers-control#326: going back.
def test_a_page_that_is_sent_twice_places_one_order_and_leads_to_it(clerk):
    key = shown_key(clerk.get(URL))

    responses = [place(clerk, ("MUG", "1"), key=key) for _ in range(2)]

    order = Order.objects.get()
    assert [response.headers["Location"] for response in responses] == [f"/admin/orders/order/{order.pk}/change/"] * 2
    assert told(clerk, responses[1])[-1] == "This was done already: the page was sent twice."


def test_a_page_that_comes_again_with_other_lines_asks_first(clerk):
    key = shown_key(clerk.get(URL))
    place(clerk, ("MUG", "1"), key=key)

    changed = place(clerk, ("MUG", "2"), key=key)

    assert "sent before, with other values" in errors(changed)["__all__"][0]
    assert Order.objects.count() == 1
    assert place(clerk, ("MUG", "2"), key=shown_key(changed)).status_code == 302


@pytest.mark.parametrize("missing", MAY)
def test_it_takes_each_permission(staff, missing):
    somebody = staff(*(permission for permission in MAY if permission != missing))

    assert somebody.get(URL).status_code == 403
    assert place(somebody, ("MUG", "1")).status_code == 403
    assert not Order.objects.exists()


def test_who_may_only_look_is_not_offered_the_page(viewer):
    assert URL not in viewer.get("/admin/orders/order/").content.decode()
    assert viewer.get(URL).status_code == 403


# opencart/opencart#6418 finds no sku, saproto/saproto#972 one word only, oroinc/orocommerce#107 not the exact one.
@pytest.mark.parametrize("term", ["mug", " MUG ", "fine", "blue mug", "BLU fi"])
def test_products_are_found_by_sku_and_by_words_of_their_names(clerk, term):
    assert found(clerk, term) == ["MUG · Fine mug, blue · 2.50 GBP"]


# ShoppinPal/StockUp#412: with 100 asked for, 51005 came first.
def test_the_product_with_just_that_sku_comes_first(clerk):
    ProductFactory(sku="A-100", name="Lid of MUG")
    ProductFactory(sku="MUG-2", name="Saucer")

    assert [text.split(" · ")[0] for text in found(clerk, "mug")] == ["MUG", "A-100", "MUG-2"]


def test_a_search_for_what_there_is_not_finds_nothing(clerk):
    assert [found(clerk, term) for term in ("nothing", "100%", "_UG", "\x00", "\\")] == [[]] * 5


def test_searching_takes_the_permission_to_see_products(staff):
    query = {"term": "MUG", "app_label": "orders", "model_name": "price", "field_name": "product"}

    assert staff("orders.view_order").get(SEARCH, query).status_code == 403


def test_orders_that_were_placed_so_go_their_way(clerk, consume):
    response = place(clerk, ("MUG", "1"))
    consume()

    assert Order.objects.get(pk=UUID(response.headers["Location"].split("/")[4])).status == "rejected"


ADDRESS = {
    "bill_to_name": "Zoë Müller",
    "bill_to_street_1": "Hauptstr. 1",
    "bill_to_street_3": " 2. Hof ",
    "bill_to_postal_code": "50667",
    "bill_to_city": "Köln",
    "bill_to_country": "de",
    "bill_to_contact_phone": "+49 221 1",
}
SHIP_TO = {
    "ship_to_name": "Lager",
    "ship_to_street_1": "Kai 3",
    "ship_to_city": "Bergen",
    "ship_to_country": "NO",
}


def test_an_order_on_the_phone_has_an_address_and_may_go_to_another(clerk):
    """woocommerce/woocommerce#26617, spree/spree#5600: orders that staff enter lacked the addresses."""
    assert place(clerk, ("MUG", "1"), **ADDRESS, **SHIP_TO).status_code == 302

    order = Order.objects.get()
    assert order.bill_to == {
        "name": "Zoë Müller",
        "lines": ["Hauptstr. 1", "2. Hof"],
        "postal_code": "50667",
        "city": "Köln",
        "country": "DE",
        "contact": {"phone": "+49 221 1"},
    }
    assert order.ship_to == {"name": "Lager", "lines": ["Kai 3"], "city": "Bergen", "country": "NO"}


def test_an_order_without_addresses_has_none(clerk):
    place(clerk, ("MUG", "1"), bill_to_name="  ", ship_to_city="")

    assert (Order.objects.get().bill_to, Order.objects.get().ship_to) == (None, None)


def test_what_is_wrong_or_missing_of_an_address_is_said_at_its_field_which_is_not_folded_up(clerk):
    refused = place(clerk, ("MUG", "1"), ship_to_name="Lager", bill_to_country="XX", bill_to_vat_id="1")

    found = errors(refused)
    assert sorted(found) == [
        *("bill_to_city", "bill_to_country", "bill_to_name", "bill_to_street_1", "bill_to_vat_id"),
        *("ship_to_city", "ship_to_country", "ship_to_street_1"),
    ]
    assert found["ship_to_city"] == ["Is missing."]
    assert [group.is_open for group in refused.context["form"].address_groups] == [True, True]
    assert not any(group.is_open for group in clerk.get(URL).context["form"].address_groups)
    assert not Order.objects.exists()
