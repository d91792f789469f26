"""The content security policies of the admin and the API allow what their pages use.

A browser would say so on its console only. Which policy lets through what: api/security_headers.py.
"""

from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.test import Client
from django.urls import reverse

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
OTHER_PAGES = [
    "/admin/",
    "/admin/password_change/",
    "/admin/auth/user/add/",
    "/admin/auth/group/add/",
    "/admin/orders/product/add/",
    "/admin/inventory/stockitem/book/",
    "/admin/orders/order/place/",
    "/",
    "/orders",
    "/products",
    "/stock",
    "/invoices",
]


class Blocked(HTMLParser):
    """Collects the elements that a policy without inline scripts and foreign sources would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.has_style_element = False

    def handle_starttag(self, tag: str, attrs) -> None:
        values = {name: value or "" for name, value in attrs}
        self.has_style_element |= tag == "style"
        if tag == "script" and "src" not in values and values.get("type") not in ("application/json", "text/template"):
            self.found.append(f"a script in the page: {values}")
        self.found += [f"{tag} {name}" for name in values if name.startswith("on")]
        sources = [values.get(name, "") for name in ("src", "action", "formaction")]
        links = [values.get("href", "")] if tag in ("link", "base") else []
        self.found += [f"{tag} {url}" for url in sources + links if url.startswith(("http:", "https:", "//"))]
        self.found += [f"{tag} {url}" for url in values.values() if url.strip().lower().startswith("javascript:")]


def parsed(client: Client, path: str) -> Blocked:
    response = client.get(path)
    assert response.status_code == 200, path
    assert response["Content-Type"].startswith("text/html")
    blocked = Blocked()
    blocked.feed(response.content.decode())
    return blocked


def address(model, page: str, *row: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=row)


@pytest.fixture
def browser(superuser) -> Client:
    superuser.defaults["HTTP_ACCEPT"] = "text/html"
    return superuser


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_the_pages_of_a_model_hold_nothing_that_their_policy_blocks(browser, one_of_each, model):
    row = quote(model._default_manager.first().pk)
    pages = [address(model, "changelist"), *(address(model, page, row) for page in ("change", "delete", "history"))]
    shown = [page for page in pages if browser.get(page).status_code != 403]  # who may do nothing, has no page for it

    assert len(shown) >= 2
    assert [parsed(browser, page).found for page in shown] == [[]] * len(shown)


def test_pages_with_a_box_for_each_line_hold_nothing_that_their_policy_blocks(browser, confirmed):
    pages = [
        f"/admin/orders/order/{confirmed.pk}/fulfil_part/",
        f"/admin/invoicing/invoice/{confirmed.invoice_number}/credit/",
        "/admin/orders/product/MUG/set_price/",
    ]

    assert [parsed(browser, page).found for page in pages] == [[]] * 3


@pytest.mark.parametrize("path", OTHER_PAGES)
def test_every_other_page_holds_nothing_that_its_policy_blocks(browser, one_of_each, path):
    page = parsed(browser, path)

    assert page.found == []
    assert path.startswith("/admin/") or not page.has_style_element


def test_the_log_in_page_holds_nothing_that_its_policy_blocks(db):
    assert parsed(Client(), "/admin/login/").found == []
