"""Methods that an address does not have give 405 with Allow, and compressed bodies are rejected."""

import gzip
import json

import pytest
from django.test import Client

from api.error_views import csrf_failure
from tests.factories import ProductFactory

PROBLEM = "application/problem+json"
PROBES = ["/health/live", "/health/live/", "/health/ready", "/health/ready/", "/metrics", "/metrics/"]
ALLOWED = {
    "/": {"GET"},
    "/orders": {"GET", "POST"},
    "/orders/bulk": {"POST"},
    "/orders/01890000-0000-7000-8000-000000000000": {"GET"},
    "/orders/01890000-0000-7000-8000-000000000000/timeline": {"GET"},
    "/orders/01890000-0000-7000-8000-000000000000/events": {"GET"},
    "/products": {"GET", "POST"},
    "/products/TEA": {"GET", "PATCH"},
    "/stock": {"GET"},
    "/stock/TEA": {"GET", "PATCH"},
    "/stock/TEA/movements": {"GET", "POST"},
    "/invoices": {"GET"},
    "/invoices/INV-1": {"GET"},
}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"}
WITH_BODY = [
    ("post", "/orders"),
    ("post", "/orders/bulk"),
    ("post", "/products"),
    ("patch", "/products/TEA"),
    ("post", "/stock/TEA/movements"),
]
PERMISSIONS = ["orders.add_product", "orders.change_product", "inventory.add_stockmovement"]


def allowed(response) -> set[str]:
    return set(response["Allow"].split(", "))


def is_problem(response, status: int) -> bool:
    return (response.status_code, response["Content-Type"]) == (status, PROBLEM)


# coddingtonbear/obsidian-local-rest-api#286: a change on the condition of an ETag was made whatever there was.
@pytest.mark.parametrize(("method", "path"), WITH_BODY)
@pytest.mark.parametrize("tags", ['"x"', 'W/"x"', '"x", "y"', "x", ""])
def test_nothing_is_changed_on_a_condition_that_does_not_hold(api, method, path, tags):
    ProductFactory(sku="TEA", name="Tea")
    client = api(*PERMISSIONS)

    changed = client.generic(method.upper(), path, '{"name": "New"}', "application/json", headers={"if-match": tags})
    allowed = client.patch("/products/TEA", {"name": "Any"}, "application/json", headers={"if-match": "*"})

    assert is_problem(changed, 412)
    assert (allowed.status_code, allowed.json()["name"]) == (200, "Any")


@pytest.mark.parametrize("method", sorted(METHODS - {"GET"}))
@pytest.mark.parametrize("path", PROBES)
def test_a_probe_is_only_read_and_needs_no_token_to_say_so(path, method):
    response = Client(enforce_csrf_checks=True).generic(method, path)

    assert is_problem(response, 405)
    assert response.json()["request_id"] == response["X-Request-ID"]
    assert allowed(response) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", PROBES)
def test_a_probe_answers_head_and_options(db, path):
    head, options = Client().head(path), Client().options(path)

    assert (head.status_code, head.content) == (200, b"")
    assert (options.status_code, allowed(options), options.content) == (204, {"GET", "HEAD", "OPTIONS"}, b"")


@pytest.mark.parametrize("path", ALLOWED)
def test_a_method_that_an_address_does_not_take_is_405(api, path):
    client = api(*PERMISSIONS)

    for method in METHODS - ALLOWED[path]:
        response = client.generic(method, path, "{}", content_type="application/json")
        assert is_problem(response, 405), method
        assert allowed(response) - {"HEAD", "OPTIONS"} == ALLOWED[path]


@pytest.mark.parametrize("path", ALLOWED)
def test_options_names_what_an_address_takes(api, path):
    response = api().options(path)

    assert response.status_code == 200
    assert allowed(response) - {"HEAD", "OPTIONS"} == ALLOWED[path]


@pytest.mark.parametrize(
    "path", [*ALLOWED, "/orders.csv", "/invoices.csv", "/credit-notes.csv", "/taxes.csv", "/stock.csv"]
)
def test_options_describes_an_address_as_json_and_for_clients(api, path):
    client = api()
    response = client.options(path)

    assert response["Content-Type"] == "application/json"
    assert "Attributes:" not in response.json()["description"]
    assert "Attributes:" not in client.get(path, headers={"accept": "text/html"}).content.decode()


@pytest.mark.parametrize("path", ["/orders", "/products/TEA", "/nothing", "/health/live"])
def test_a_failed_csrf_check_is_a_problem_outside_of_the_admin(db, django_user_model, path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(django_user_model.objects.create_superuser("root"))

    response = client.post(path, "{}", content_type="application/json")

    assert 400 <= response.status_code < 500
    assert response["Content-Type"] == PROBLEM


def test_a_view_outside_of_drf_would_answer_it_alike(rf):
    response = csrf_failure(rf.post("/a-view-to-come"), reason="No cookie.")

    assert (response.status_code, response["Content-Type"]) == (403, PROBLEM)
    assert "No cookie." in json.loads(response.content)["detail"]


def test_a_failed_csrf_check_of_the_admin_is_a_page(db):
    response = Client(enforce_csrf_checks=True).post("/admin/login/")

    assert (response.status_code, response["Content-Type"]) == (403, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "encoding", ["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "identity, gzip", "gzip,", "x", '"']
)
@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_a_body_with_a_content_encoding_is_415_whether_it_is_true_or_not(api, method, path, encoding):
    ProductFactory(sku="TEA", name="Tea")
    client = api(*PERMISSIONS)
    plain = json.dumps({"name": "Other", "kind": "receipt", "quantity": 1}).encode()

    for body in (plain, gzip.compress(plain)):
        headers = {"content-encoding": encoding}
        response = getattr(client, method)(path, body, content_type="application/json", headers=headers)
        assert is_problem(response, 415)
        assert response["Accept-Encoding"] == "identity"
    assert client.get("/products/TEA").json()["name"] == "Tea"


@pytest.mark.parametrize("encoding", ["", "identity", "Identity", " identity ", ","])
def test_a_body_as_it_is_may_say_so(api, encoding):
    ProductFactory(sku="TEA")

    response = api(*PERMISSIONS).patch(
        "/products/TEA", {"name": "Tea"}, content_type="application/json", headers={"content-encoding": encoding}
    )

    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/orders?status=placed", "/invoices?kind=invoice", "/invoices/INV-1.pdf?language=de"])
def test_a_method_that_an_address_does_not_take_is_405_also_with_the_parameters_that_it_does_take(api, path):
    """Found by schemathesis: TRACE was 400, since a method that is not there takes no parameters."""
    assert is_problem(api().generic("TRACE", path), 405)
