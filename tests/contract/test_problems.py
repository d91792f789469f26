"""All errors are RFC 9457 problem details."""

from typing import NoReturn

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from prometheus_client import REGISTRY

from api import authentication
from api.sessions import SessionStore
from inventory.models import StockMovement
from orders.api.products import ProductViewSet
from tests.factories import ProductFactory
from tests.failing import fails_with


def assert_problem(response, status: int) -> dict:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem.keys() == {"type", "title", "status", "detail", "request_id", "errors"}
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == response["X-Request-ID"]
    return problem


def test_who_does_not_say_who_it_is_gets_401_with_a_challenge(db):
    response = Client().get("/products")
    assert_problem(response, 401)
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_what_takes_a_permission_is_403_and_names_it(api):
    problem = assert_problem(api().post("/products", {}, content_type="application/json"), 403)
    assert "orders.add_product" in problem["detail"]


@pytest.mark.parametrize("path", ["/nothing", "/products/NOTHING", "/health", "/orders/x/y/z", "/%00", "/%ff"])
def test_what_is_not_there_is_404(api, path):
    assert_problem(api().get(path), 404)


@pytest.mark.parametrize("path", ["/nothing", "/products/NOTHING"])  # Django's own handler, and DRF's
def test_a_problem_is_counted_once(api, path):
    def counted() -> float:
        return REGISTRY.get_sample_value("orderflow_problems_total", {"type": "blank", "status": "404"}) or 0.0

    before = counted()
    api().get(path)

    assert counted() == before + 1


def test_a_method_that_is_not_allowed_is_405_with_those_that_are(api):
    response = api().delete("/products")
    assert_problem(response, 405)
    assert set(response["Allow"].split(", ")) >= {"GET", "POST"}


@pytest.mark.parametrize("path", ["/", "/products", "/products/X", "/orders"])
def test_options_tells_what_an_address_takes(api, path):
    response = api().options(path)
    assert response.status_code == 200
    assert "GET" in response["Allow"]


def test_a_method_that_nobody_knows_is_405(api):
    assert_problem(api().generic("BREW", "/products"), 405)


def test_a_host_that_is_not_ours_is_400_and_nothing_is_done(api):
    body = {"sku": "A", "name": "A", "unit_price": 1, "currency": "GBP", "tax_rate": 0}
    client = api("orders.add_product")
    response = client.post("/products", body, content_type="application/json", headers={"host": "evil.example"})
    assert_problem(response, 400)
    assert client.get("/products/A").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/products/TEA"),
        ("get", "/orders/01890000-0000-7000-8000-000000000000/timeline"),
        ("get", "/orders.csv"),
        ("post", "/stock/TEA/movements"),
    ],
)
def test_a_host_that_is_not_ours_is_400_also_where_no_url_is_made(api, method, path):
    ProductFactory(sku="TEA")
    client = api("inventory.add_stockmovement")
    body = {"data": {"kind": "receipt", "quantity": 1}, "content_type": "application/json"} if method == "post" else {}

    assert_problem(getattr(client, method)(path, headers={"host": "evil.example"}, **body), 400)
    assert not StockMovement.objects.exists()


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("connection already closed")])
def test_without_the_database_it_is_503_with_retry_after(api, monkeypatch, error):
    client = api()
    monkeypatch.setattr(ProductViewSet, "get_queryset", fails_with(error))
    response = client.get("/products")
    problem = assert_problem(response, 503)
    assert int(response["Retry-After"]) > 0
    assert "gone" not in problem["detail"]


@pytest.mark.parametrize("code", ["25006", "58030", "XX001", "57014", "57P01", "53100", "40001", "55P03", "25P03"])
def test_a_database_that_is_sick_or_takes_no_changes_is_no_fault_of_ours(api, monkeypatch, code):
    client = api()
    monkeypatch.setattr(ProductViewSet, "get_queryset", lambda _self: raise_in_the_server(code))
    response = client.get("/products")
    assert_problem(response, 503)
    assert int(response["Retry-After"]) > 0


def raise_in_the_server(code: str) -> NoReturn:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE 'sick' USING ERRCODE = '{code}'; END $$")
    raise AssertionError(code)


@pytest.mark.django_db
def test_without_the_database_a_browser_gets_the_problem_as_json(monkeypatch):
    monkeypatch.setattr(authentication.tokens, "load", fails_with(OperationalError()))
    response = Client().get("/products", headers={"accept": "text/html", "authorization": "Bearer x"})
    assert_problem(response, 503)


def test_without_the_database_the_admin_is_503_too(db, monkeypatch):
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "a" * 32
    monkeypatch.setattr(SessionStore, "load", fails_with(OperationalError()))
    response = client.get("/admin/")
    assert response.status_code == 503
    assert response["Retry-After"]


def test_a_fault_of_ours_is_500_without_a_word_about_its_inside(api, monkeypatch):
    client = api()
    client.raise_request_exception = False
    monkeypatch.setattr(ProductViewSet, "get_queryset", fails_with(ZeroDivisionError("secret")))
    problem = assert_problem(client.get("/products"), 500)
    assert "secret" not in str(problem)


@pytest.mark.parametrize(("path", "status"), [("/admin/nothing/", 404), ("/admin/auth/user/", 403)])
def test_the_admin_keeps_its_pages(django_user_model, path, status):
    client = Client()
    client.force_login(django_user_model.objects.create_user("clerk", is_staff=True))
    response = client.get(path)
    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/admin", "/admin/orders/order", "/admin/login", "/operations"])
def test_a_trailing_slash_is_optional_in_the_admin_too(admin_client, path):
    response = admin_client.get(f"{path}?page=1", follow=True)

    assert response.status_code == 200
    assert all(url.startswith("/admin/") for url, _ in response.redirect_chain)


def test_an_address_of_the_admin_that_does_not_exist_stays_404_without_a_slash(admin_client):
    assert admin_client.get("/admin/nope").status_code == 404


@pytest.mark.parametrize(
    ("path", "content_type"), [("/products", "application/problem+json"), ("/admin/", "text/html; charset=utf-8")]
)
def test_a_host_that_is_not_ours_is_400_before_any_view_too(db, settings, path, content_type):
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get(path, headers={"host": "evil.example"})
    assert (response.status_code, response["Content-Type"]) == (400, content_type)


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize(
    "form", [{"content_type": "application/x-www-form-urlencoded", "data": "a=1"}, {"data": {"a": 1}}]
)
def test_a_form_is_415_also_where_the_csrf_check_has_read_it(django_user_model, accept, form):
    client = Client(enforce_csrf_checks=True, headers={"accept": accept})
    client.force_login(django_user_model.objects.create_user("person"))
    client.cookies["csrftoken"] = "a" * 32
    response = client.post("/products", **form, headers={"x-csrftoken": "a" * 32})
    assert response.status_code == 415


def test_a_session_without_its_csrf_token_is_403(django_user_model):
    client = Client(enforce_csrf_checks=True)
    client.force_login(django_user_model.objects.create_user("person"))
    problem = assert_problem(client.post("/products", {}, content_type="application/json"), 403)
    assert "CSRF" in problem["detail"]
