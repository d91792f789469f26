"""The API in a browser."""

import html
import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.test import Client

from tests.factories import ProductFactory


@pytest.fixture
def browser(django_user_model) -> Client:
    client = Client(headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    client.force_login(django_user_model.objects.create_superuser("admin"))
    return client


def page(response, status: int = 200) -> str:
    assert response.status_code == status
    assert response["Content-Type"] == "text/html; charset=utf-8"
    return html.unescape(response.content.decode())


def form_of(text: str) -> str:
    """The content of a page's form."""
    match = re.search(r"<textarea[^>]*>(.*?)</textarea>", text, re.DOTALL)
    assert match
    return match[1].strip()


def test_the_front_page_leads_to_everything(db):
    text = page(Client(headers={"accept": "text/html"}).get("/"))
    for path in ("/orders", "/products", "/stock", "/invoices", "/admin/"):
        assert f'href="http://testserver{path}"' in text
    assert "/admin/login/?next=/" in text


def test_pages_that_name_no_icon_have_one(db):
    """idenplane/idenplane#155, mozilla/blurts-server#200: each page looked for /favicon.ico in vain, and was logged."""
    response = Client().get("/favicon.ico")

    assert (response.status_code, response["Location"]) == (302, static("backoffice/favicon.svg"))
    assert finders.find("backoffice/favicon.svg")
    assert Client().post("/favicon.ico").status_code == 405


def test_a_list_shows_json_and_a_form_with_an_example(browser):
    ProductFactory(sku="MUG")
    text = page(browser.get("/products"))
    assert '"sku": "MUG"' in text
    assert json.loads(form_of(text))["sku"] == "TEA-1"
    assert "Log out" in text


def test_the_example_can_be_sent_as_it_is(browser):
    example = form_of(page(browser.get("/products")))
    page(browser.post("/products", example, content_type="application/json"), 201)


def test_a_product_has_a_form_for_changes(browser):
    ProductFactory(sku="MUG")
    text = page(browser.get("/products/MUG"))
    assert json.loads(form_of(text)) == {"unit_price": "5.25"}
    assert "PATCH" in text


def test_a_refused_body_stays_in_the_form_beside_its_problem(browser):
    text = page(browser.post("/products", '{"sku": "MUG", "mine": 1}', content_type="application/json"), 422)
    assert "/unit_price" in text
    assert "application/problem+json" in text
    assert form_of(text) == '{"sku": "MUG", "mine": 1}'


@pytest.mark.parametrize("body", [b'{"sku": "\xff"}', b'{"\\ud800": "</textarea><script>"}', b"\x00"])
def test_an_odd_body_breaks_no_page(browser, body):
    response = browser.post("/products", body, content_type="application/json")
    assert response.status_code in (400, 422)
    assert b'<script>"' not in response.content


def test_who_may_only_read_sees_no_form(django_user_model):
    client = Client(headers={"accept": "text/html"})
    client.force_login(django_user_model.objects.create_user("reader"))
    assert "<textarea" not in page(client.get("/products"))


def test_who_is_not_logged_in_is_shown_where_to(db):
    response = Client(headers={"accept": "text/html"}).get("/products?page_size=2")
    assert "/admin/login/?next=/products%3Fpage_size%3D2" in page(response, 401)


def test_a_page_does_not_grow_more_queries_with_more_rows(browser, django_assert_max_num_queries):
    ProductFactory.create_batch(50)
    with django_assert_max_num_queries(6):
        browser.get("/products")


def test_pages_have_links_to_the_next(browser):
    ProductFactory.create_batch(3)
    assert "cursor=" in page(browser.get("/products?page_size=2"))
