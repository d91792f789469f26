"""The security headers of every response."""

import pytest
from django.test import Client

from api.security_headers import ADMIN_POLICY, DATA_POLICY, PAGE_POLICY
from tests.factories import ProductFactory, UserFactory

PAGE = {"accept": "text/html"}


@pytest.fixture
def browser(db) -> Client:
    client = Client(headers=PAGE)
    client.force_login(UserFactory(username="anna", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def machine(api) -> Client:
    ProductFactory(sku="MUG")
    return api("orders.add_product")


def directives(response) -> dict[str, str]:
    policy = response["Content-Security-Policy"]
    return dict(directive.split(" ", maxsplit=1) for directive in policy.split("; "))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/orders", 200),
        ("/products/MUG", 200),
        ("/products/NONE", 404),
        ("/stock", 200),
        ("/invoices", 200),
        ("/orders?nope=1", 400),
        ("/nothing", 404),
    ],
)
def test_data_is_kept_nowhere_and_runs_nothing(machine, path, status):
    response = machine.get(path)

    assert response.status_code == status
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Security-Policy"] == DATA_POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "body", [b'{"sku": "TEA", "name": "Tea", "unit_price": "1.00", "currency": "GBP", "tax_rate": "0.2"}', b"{", b"{}"]
)
def test_what_a_post_is_answered_is_kept_nowhere(machine, body):
    response = machine.post("/products", body, content_type="application/json")

    assert response["Cache-Control"] == "no-store"
    assert response["Content-Security-Policy"] == DATA_POLICY


def test_who_is_not_logged_in_gets_the_same_headers(db):
    response = Client().get("/orders")

    assert response.status_code == 401
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Security-Policy"] == DATA_POLICY


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/orders", 200), ("/orders?nope=1", 400)])
def test_pages_of_the_api_run_only_scripts_of_this_server(browser, path, status):
    response = browser.get(path)

    assert response.status_code == status
    assert response["Content-Security-Policy"] == PAGE_POLICY
    assert directives(response)["script-src"] == "'self'"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/admin/", 200),
        ("/admin/login/", 302),
        ("/admin/orders/order/", 200),
        ("/admin/auth/user/add/", 200),
        ("/admin/orders/order/nothing/change/", 302),
        ("/admin/nothing/", 404),
    ],
)
def test_pages_of_the_admin_are_kept_nowhere_and_run_no_script_that_stands_in_them(browser, path, status):
    response = browser.get(path)

    assert response.status_code == status
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Security-Policy"] == ADMIN_POLICY
    assert "'unsafe-inline'" not in directives(response)["script-src"]
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]


def test_the_log_in_page_has_the_headers_of_the_admin(db):
    response = Client().get("/admin/login/")

    assert response["Content-Security-Policy"] == ADMIN_POLICY
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("policy", [PAGE_POLICY, ADMIN_POLICY, DATA_POLICY])
def test_no_policy_allows_other_servers_frames_or_plugins(policy):
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not [word for word in ("http", "*", "object-src", "frame-src") if word in policy]


def test_a_fault_of_ours_is_answered_with_the_same_headers(machine, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError("a fault")

    monkeypatch.setattr("orders.api.products.ProductViewSet.list", fails)
    machine.raise_request_exception = False

    response = machine.get("/products")

    assert response.status_code == 500
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Security-Policy"] == DATA_POLICY


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
def test_probes_hold_nothing_personal(db, path):
    assert "no-store" not in Client().get(path).get("Cache-Control", "")


def test_the_pages_that_explain_faults_while_developing_keep_their_styles(db, settings):
    settings.DEBUG = True

    response = Client().get("/nothing")

    assert response["Content-Type"].startswith("text/html")
    assert "Content-Security-Policy" not in response
