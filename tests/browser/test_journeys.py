"""What people in the warehouse and in accounts do, in a real browser: by clicks, and without typing an id.

All journeys are in one file, so that one process has one shop, however many processes the tests are given.
"""

import json
from typing import Any
from uuid import uuid4

from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

from api.problems import CONTENT_TYPE as PROBLEM
from devstack.product import MEND, POISON, POISON_QUANTITY
from tests.browser.conftest import TIMEOUT, log_in
from tests.waiting import wait_until

ORDERS = "/admin/orders/order/"
A4: ViewportSize = {"width": 794, "height": 1123}  # in pixels of CSS


def reference() -> str:
    """Of an order that is this test's own."""
    return f"PO-{uuid4().hex[:8]}"


def order_of(named: str) -> dict[str, Any]:
    """An order as the API takes it."""
    return {"customer_id": "C-1001", "reference": named, "lines": [{"sku": "20725", "quantity": 1}]}


def fill_line(page: Page, row: int, search: str, found: str, quantity: str = "") -> None:
    """Search a product, choose what was found, and enter how many."""
    page.locator("[data-rows] .select2-selection").nth(row).click()
    page.locator(".select2-search__field").fill(search)
    page.locator(".select2-results__option").filter(has_text=found).click()
    page.get_by_label("Quantity").nth(row).fill(quantity)


def place(page: Page, named: str, *lines: tuple[str, str, str], may_wait: bool = False) -> str:
    """Place an order by the form; the address of its page."""
    page.goto(ORDERS)
    page.get_by_role("link", name="Place an order").click()
    page.get_by_label("Customer").fill("C-1001")
    page.get_by_label("Reference", exact=True).fill(named)
    page.get_by_label("May wait for stock").set_checked(may_wait)
    for row, line in enumerate(lines):
        fill_line(page, row, *line)
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_text("The order is placed.")).to_be_visible()
    return page.url


def reload_until(page: Page, wanted: Locator) -> None:
    """Load the page of an order again until something is on it: what events bring about comes within moments."""
    wait_until(lambda: wanted.count() or not page.reload(), within=TIMEOUT / 1000, what=str(wanted))


def row_of(page: Page, named: str) -> str:
    """What the list says of the order with this reference."""
    page.goto(ORDERS)
    page.get_by_placeholder("Exact reference").fill(named)
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    return page.locator("#result_list tbody tr").inner_text()


def test_who_logs_in_sees_what_there_is(browser, shop):
    with browser.new_context(base_url=shop.url) as context:
        page = context.new_page()
        log_in(page, password="wrong")
        expect(page.get_by_text("Please enter the correct username and password")).to_be_visible()

        log_in(page)

        expect(page.get_by_role("region", name="Orders")).to_be_visible()


def test_an_order_is_placed_by_searching_its_products_and_becomes_an_invoice(page):
    named = reference()
    page.goto(f"{ORDERS}place/")
    page.get_by_label("Customer").fill("C-1001")
    page.get_by_label("Reference", exact=True).fill(named)
    fill_line(page, 0, "bag lunch", "20725 · Lunch bag, red retrospot · 1.65 GBP", "2")
    page.get_by_role("button", name="Add a line").click()
    fill_line(page, 3, "bunting", "47566")
    page.get_by_role("button", name="Place the order").click()

    expect(page.get_by_text("Enter a whole number from 1 to 1000000.")).to_be_visible()
    expect(page.locator("[data-rows]")).to_contain_text("20725 · Lunch bag, red retrospot")
    page.get_by_label("Quantity").nth(3).fill("1")
    page.get_by_role("button", name="Place the order").click()

    reload_until(page, page.get_by_text("INV-"))
    assert "to be sent" in row_of(page, named)


def test_an_order_that_waits_is_served_sent_in_part_cancelled_and_credited(page):
    named = reference()
    order = place(page, named, ("cakestand", "CAKESTAND-3", "5"), ("lunch", "20725", "2"), may_wait=True)
    reload_until(page, page.get_by_text("waits for stock"))
    assert "waits for stock: 5 of CAKESTAND-3 (there were 3)" in row_of(page, named)

    page.get_by_role("link", name=named).click()
    page.get_by_label("Stock: waits its turn").get_by_role("link", name="CAKESTAND-3").click()
    page.get_by_role("link", name="Book a movement").click()
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_text("Booked: receipt, +2 of CAKESTAND-3.")).to_be_visible()
    page.get_by_label("Ledger").get_by_role("link").first.click()
    fulfil = page.get_by_role("link", name="Fulfil in part")
    reload_until(page, fulfil)
    reload_until(page, page.get_by_text("INV-"))

    fulfil.click()
    page.get_by_role("button", name="Nothing").click()
    page.get_by_label("Send now, line 1").fill("9")
    page.get_by_label("Tracking number").fill("1Z-999")
    page.get_by_role("button", name="Send as one shipment").click()
    expect(page.get_by_text("Only 5 were ordered of line 1.")).to_be_visible()
    page.get_by_label("Send now, line 1").fill("2")
    page.get_by_role("button", name="Send as one shipment").click()
    expect(page.get_by_label("Shipments")).to_contain_text("1Z-999")

    page.get_by_role("link", name="Cancel the rest").click()
    page.get_by_label("Reason").fill("Sold out")
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.get_by_text("sent in part; the rest was cancelled: Sold out")).to_be_visible()
    assert page.url == order
    reload_until(page, page.get_by_text("CN-"))

    page.get_by_label("Invoice").get_by_role("link").click()
    page.get_by_role("link", name="Credit", exact=True).click()
    page.get_by_label("Reason").fill("Broken on arrival")
    page.get_by_label("The goods are back").check()
    page.get_by_label("Credit, line 1").fill("1")
    page.get_by_role("button", name="Issue the credit note").click()
    expect(page.get_by_text("15.30 GBP").first).to_be_visible()
    page.get_by_label("Credit notes").get_by_role("link").last.click()
    expect(page.get_by_text("Broken on arrival")).to_be_visible()

    pdf = page.request.get(page.get_by_role("link", name="PDF").get_attribute("href"))
    assert (pdf.status, pdf.headers["content-type"], pdf.body()[:5]) == (200, "application/pdf", b"%PDF-")


def test_an_order_that_is_stuck_is_replayed_from_its_page_in_two_clicks(page, shop):
    shop.execute(POISON)
    try:
        named = reference()
        order = place(page, named, ("lunch", "20725", str(POISON_QUANTITY)))
        replay = page.get_by_role("link", name="Replay", exact=True)
        reload_until(page, replay)
        assert "a message of it could not be handled" in row_of(page, named)
    finally:
        shop.execute(MEND)

    page.goto(order)
    replay.click()
    page.get_by_role("button", name="Replay").click()

    expect(page.get_by_text("1 replayed.")).to_be_visible()
    expect(replay).to_have_count(0)
    reload_until(page, page.get_by_text("INV-"))
    page.get_by_label("Dead letters").get_by_role("link").first.click()
    expect(page.get_by_label("Replays")).to_contain_text("admin")


# extcode/cart#33, woocommerce/woocommerce#30759: a double click placed two orders.
def test_a_double_click_places_one_order(page):
    named = reference()
    page.goto(f"{ORDERS}place/")
    page.get_by_label("Customer").fill("C-1001")
    page.get_by_label("Reference", exact=True).fill(named)
    fill_line(page, 0, "lunch", "20725", "1")

    page.get_by_role("button", name="Place the order").dblclick()

    page.wait_for_url("**/change/")
    page.goto(f"{ORDERS}?q={named}")
    assert page.locator("#result_list tbody tr").count() == 1


# bigskysoftware/htmx#494, shapiromatron/hawc#978, HyphaApp/hypha#3633: an error was met with silence.
def test_a_dialog_that_fails_says_so_and_never_shows_the_one_before(logged_in, page):
    order = place(page, reference(), ("lunch", "20725", "1"))
    reload_until(page, page.get_by_role("link", name="Fulfil all"))
    tab = logged_in.new_page()  # whose complaints about failed requests are no fault
    tab.goto(order)
    dialog = tab.locator("#modal-content")
    tab.get_by_role("link", name="Cancel", exact=True).click()
    tab.get_by_label("Reason").fill("Changed my mind")

    tab.route("**/cancel_this/", lambda route: route.fulfill(status=503, json={}))
    tab.get_by_role("button", name="Yes, cancel it").click()
    expect(dialog).to_contain_text("may be done, or not")
    expect(tab.get_by_label("Reason")).to_have_value("Changed my mind")

    tab.route("**/cancel_this/", lambda route: route.fulfill(status=404, json={}))
    tab.get_by_role("button", name="Yes, cancel it").click()
    expect(dialog).to_contain_text("nothing was changed")
    expect(dialog).not_to_contain_text("may be done, or not")
    tab.get_by_text("Back", exact=True).click()

    for failure in (lambda route: route.fulfill(status=503, json={}), lambda route: route.abort()):
        tab.route("**/fulfil_this/", failure)
        tab.get_by_role("link", name="Fulfil all").click()
        expect(dialog).to_have_text("This could not be loaded. Try again in a moment.")
        expect(dialog).to_be_visible()
        tab.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
    tab.close()


def test_a_dialog_is_filled_in_and_left_without_a_mouse(page):
    place(page, reference(), ("lunch", "20725", "1"))
    button = page.get_by_role("link", name="Cancel", exact=True)
    button.press("Enter")
    expect(page.get_by_role("dialog", name="Cancel what is open").get_by_label("Reason")).to_be_focused()

    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_hidden()

    for leave in (page.get_by_role("button", name="Close"), page.get_by_text("Back", exact=True)):
        button.press("Enter")
        expect(page.get_by_label("Reason")).to_be_focused()
        leave.press("Enter")  # civiform/civiform#5521: the icon took clicks alone
        expect(button).to_be_focused()
        expect(page.get_by_role("dialog")).to_be_hidden()

    page.keyboard.press("Enter")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("Changed my mind")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Cancelled: 1.")).to_be_visible()


# extcode/cart#33: of the two clicks the second came too late, and said that it was not done.
def test_a_double_click_in_a_dialog_takes_one_step(page):
    place(page, reference(), ("lunch", "20725", "1"))
    page.get_by_role("link", name="Cancel", exact=True).click()
    page.get_by_label("Reason").fill("Changed my mind")

    page.get_by_role("button", name="Yes, cancel it").dblclick()

    expect(page.get_by_text("Cancelled: 1.")).to_be_visible()
    expect(page.get_by_text("Not done")).to_have_count(0)


def send_by_api_page(page: Page, body: dict[str, Any], *, clicks: int = 1) -> None:
    """Send a body by the form of an API's page in the browser."""
    page.get_by_label("Content:").fill(json.dumps(body))
    page.get_by_role("button", name="POST", exact=True).click(click_count=clicks)


def test_a_double_click_on_a_page_of_the_api_places_one_order(page):
    """It placed two: DRF's script sends each click, and without a key (OpenTreeMap/otm-core#2188)."""
    named = reference()
    page.goto("/orders")

    send_by_api_page(page, order_of(named), clicks=2)

    expect(page.locator(".response-info")).to_contain_text("HTTP 201 Created")
    page.goto(f"/orders?reference={named}")
    expect(page.get_by_text(f'"reference": "{named}"')).to_have_count(1)


def test_an_order_is_placed_on_the_page_of_a_filtered_list(logged_in):
    """The form, and the button OPTIONS, were sent with the parameters of the list, which they do not take: 400."""
    named = reference()
    page = logged_in.new_page()
    page.goto(f"/orders?reference={named}&page_size=1")

    send_by_api_page(page, order_of(named))
    expect(page.locator(".response-info")).to_contain_text("HTTP 201 Created")

    page.goto(f"/orders?reference={named}&page_size=1")
    expect(page.get_by_text(f'"reference": "{named}"')).to_have_count(1)
    page.get_by_role("button", name="OPTIONS").click()
    expect(page.locator(".response-info")).to_contain_text("HTTP 200 OK")
    expect(page.locator(".response-info")).to_contain_text('"name": "Order List"')
    page.close()


def test_what_comes_of_a_form_on_a_page_of_the_api_is_shown(logged_in):
    """Whatever came of it, the list was shown again, as if nothing had been sent."""
    page = logged_in.new_page()
    page.goto("/orders")
    send_by_api_page(page, {"customer_id": "C-1001"})
    expect(page.locator(".response-info")).to_contain_text("HTTP 422")
    expect(page.get_by_label("Content:")).to_have_value('{"customer_id": "C-1001"}')

    problem = json.dumps({"title": "Overloaded", "status": 503, "detail": "Try again."})
    page.route("**/orders", lambda route: route.fulfill(status=503, content_type=PROBLEM, body=problem))
    send_by_api_page(page, order_of(reference()))
    expect(page.get_by_role("alert")).to_contain_text("503 Overloaded: Try again.")
    page.close()


def test_a_form_of_the_api_whose_response_was_lost_is_sent_again_and_places_one_order(logged_in):
    named = reference()
    page = logged_in.new_page()
    page.goto("/orders")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/orders", lose)
    send_by_api_page(page, order_of(named))
    expect(page.get_by_role("alert")).to_contain_text("did not respond")
    page.unroute("**/orders")
    send_by_api_page(page, order_of(named))
    expect(page.locator(".response-info")).to_contain_text("HTTP 201 Created")

    page.goto(f"/orders?reference={named}")
    expect(page.get_by_text(f'"reference": "{named}"')).to_have_count(1)
    page.close()


# ida-arbeitszeit/workers-control#326: who went back did it once more. firefly-iii/firefly-iii#967: or could do nothing.
def test_who_goes_back_gets_a_fresh_page(page):
    place(page, reference(), ("lunch", "20725", "1"))

    page.go_back()

    expect(page.get_by_label("Quantity").first).to_have_value("")
    expect(page.get_by_role("button", name="Place the order")).to_be_enabled()


# yourlabs/django-autocomplete-light#1223: markup in what a search finds was run. Forceu/barcodebuddy#42: a long name.
def test_odd_names_are_text_and_push_nothing_away(page):
    place(page, reference(), ("odd-1", "<img src=x", "1"), ("odd-2", "WWWW", "2"), ("العرب", "ODD-3", "3"))
    fulfil = page.get_by_role("link", name="Fulfil in part")
    reload_until(page, fulfil)
    fulfil.click()

    expect(page.get_by_text("""<img src=x onerror="document.title='hacked'">""")).to_be_visible()
    assert "hacked" not in page.title()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


# crater-invoice-inc/crater#983, ISDuBA/ISDuBA#454: a long name pushed amounts and dates out of sight.
def test_a_long_customer_pushes_nothing_out_of_sight(page):
    longest = "W" * 64
    page.goto(f"{ORDERS}place/")
    page.get_by_label("Customer").fill(longest)
    page.get_by_label("Reference", exact=True).fill(longest)
    fill_line(page, 0, "lunch", "20725", "1")
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_text("The order is placed.")).to_be_visible()
    cut_off = "each => each.some(value => value.scrollWidth > value.clientWidth)"
    assert not page.locator(".readonly").evaluate_all(cut_off)

    page.goto(f"{ORDERS}?q={longest}")
    inside = page.locator("#result_list").bounding_box()
    around = page.locator("#changelist").bounding_box()

    assert inside["x"] + inside["width"] <= around["x"] + around["width"]


def test_a_search_for_a_product_says_what_it_is_what_was_chosen_and_what_is_wrong(page):
    """select2/select2#3735, #6388: the box in its place had no name but what it showed."""
    page.goto(f"{ORDERS}place/")
    first = page.get_by_role("combobox", name="Product Search by sku or name").first
    first.click()
    page.get_by_role("searchbox", name="Search").fill("lunch")
    page.get_by_role("option", name="20725").click()
    expect(page.get_by_role("combobox", name="Product").first).to_contain_text("20725")
    page.get_by_role("button", name="Add a line").click()
    expect(page.get_by_role("combobox", name="Product Search by sku or name")).to_have_count(3)

    page.get_by_label("Customer").fill("C-1")
    page.get_by_role("button", name="Place the order").click()
    wrong = page.get_by_role("combobox", name="Product").first
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_have_accessible_description("Enter a whole number from 1 to 1000000.")


def test_an_order_on_paper_has_all_of_its_columns(page):
    """solidusio/solidus#1519, saleor/saleor-dashboard#263; on a screen the tables are scrolled."""
    place(page, reference(), ("lunch", "20725", "2"), ("tea", "22139", "1"))
    page.set_viewport_size(A4)
    page.emulate_media(media="print")

    hidden = page.locator(".backoffice-panels .overflow-x-auto").evaluate_all(
        "tables => tables.filter(each => each.scrollWidth > each.clientWidth).map(each => each.innerText)"
    )
    assert hidden == []


def test_a_price_is_set_for_later_and_not_for_the_past(page):
    page.goto("/admin/orders/product/")
    page.get_by_placeholder("Beginning of a sku").fill("popcorn")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="22197").click()
    page.get_by_role("link", name="Set a price").click()
    page.get_by_label("Unit price").fill("0.95")
    page.get_by_label("Begins at (UTC)").fill("2020-01-01T00:00:00")
    page.get_by_role("button", name="Set the price").click()
    expect(page.get_by_text("This is past.")).to_be_visible()

    page.get_by_label("Begins at (UTC)").fill("2100-01-01T00:00:00")
    page.get_by_role("button", name="Set the price").click()

    expect(page.get_by_label("Prices")).to_contain_text("2100-01-01 00:00:00")
    expect(page.get_by_label("Prices")).to_contain_text("to come")


def test_a_page_that_looks_again_by_itself_says_when_it_is_not_up_to_date(logged_in):
    page = logged_in.new_page()
    page.goto("/operations")
    page.route("**/operations", lambda route: route.abort())
    expect(page.get_by_role("alert")).to_contain_text("not up to date")
    page.unroute("**/operations")

    expect(page.get_by_role("alert")).to_have_count(0)
    page.close()
