"""Requests by plain HTTP where HTTPS is on, behind a proxy that ends TLS."""

import json
import os
import subprocess
import sys
from functools import cache

import pytest

from orders.models import Order
from tests.commands import ROOT
from tests.factories import ProductFactory

pytestmark = pytest.mark.usefixtures("intake_in_transaction")
ORDER = {"customer_id": "C-1", "lines": [{"sku": "MUG", "quantity": 1}]}


@cache
def of_settings(**environment: str) -> list[str]:
    """The middleware of a process with these settings."""
    code = "import json; from django.conf import settings; print(json.dumps(settings.MIDDLEWARE))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture(autouse=True)
def _https(settings, db) -> None:
    ProductFactory(sku="MUG")
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    settings.MIDDLEWARE = of_settings(HTTPS="on")
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def place(client, proto: str):
    return client.post("/orders", ORDER, content_type="application/json", headers={"x-forwarded-proto": proto})


def test_an_order_by_plain_http_is_not_redirected_to_the_list_of_orders(api):
    """zenodo/zenodo#1817, psf/requests#5494: a client follows 301 by GET, and takes the 200 of that for its own."""
    response = place(api(), "http")

    assert (response.status_code, Order.objects.count()) == (403, 0)
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "urn:orderflow:problem:https-required"
    assert problem["request_id"] == response["X-Request-ID"]


def test_an_order_by_https_is_placed(api):
    response = place(api(), "https")

    assert (response.status_code, Order.objects.count()) == (201, 1)
    assert response.json()["url"].startswith("https://")


@pytest.mark.parametrize("path", ["/orders", "/orders.csv", "/products/MUG", "/nothing"])
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_what_a_client_reads_by_plain_http_is_no_redirect_that_hides_that_its_token_was_seen(api, method, path):
    """zulip/zulip#30264, dotkernel/api#549: who is redirected goes on to send its token in the clear."""
    response = getattr(api(), method)(path, headers={"x-forwarded-proto": "http"})

    assert response.status_code == 403
    assert method == "head" or response.json()["type"] == "urn:orderflow:problem:https-required"


@pytest.mark.parametrize("path", ["/docs", "/admin/"])
@pytest.mark.parametrize("log_in", [{}, {"authorization": "Basic YTpi"}], ids=["none", "of a proxy"])
def test_what_people_open_is_redirected(client, path, log_in):
    response = client.get(path, headers=log_in)

    assert (response.status_code, response["Location"]) == (301, f"https://testserver{path}")


@pytest.mark.parametrize("path", ["/health/live", "/metrics"])
def test_a_probe_or_a_scraper_with_a_token_is_answered(client, path):
    assert client.get(path, headers={"authorization": "Bearer x"}).status_code == 200


def test_a_form_of_a_page_is_redirected(client):
    assert client.post("/admin/login/").status_code == 301
