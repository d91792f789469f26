"""Requests leave nothing in memory: no cache is filled with made-up names and values."""

import gc
import json
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from io import BytesIO

import pytest
from django.core import signals
from django.http import HttpResponseBase
from django.test import RequestFactory
from rest_framework.response import Response

from api.clients import create_client
from api.deferred import DeferredResponse
from config.wsgi import application
from orders.api.schemas import BulkResult, OrderIn, OrderOut
from orders.intake.drafts import Draft
from orders.models import Order
from serving.django_calls import by_django
from tests.factories import ProductFactory

LENGTH = 100_000  # characters of everything that is made up
WARM_UP, ROUNDS = 130, 50  # caches of a fixed size, such as that of urllib.parse, are full by then


def made_up(number: int) -> str:
    return f"{number:06}".ljust(LENGTH, "x")


def requests(name: str) -> Iterator[tuple[str, str, dict]]:
    """A request for each place that can have a text of the client."""
    order = {"customer_id": name, "currency": name, "reference": name, "lines": [{"sku": name, "quantity": name}]}
    product = {"sku": name, "name": name, "unit_price": name, "currency": name, "tax_rate": name}
    for path, body in [
        ("/orders", order),
        ("/orders/bulk", {"orders": [order]}),
        ("/products", product),
        ("/orders", {name: 1}),
    ]:
        yield "post", path, {"data": json.dumps(body), "content_type": "application/json"}
    yield "post", "/products", {"data": "{}", "content_type": f"x/{name}"}
    yield "get", "/orders", {"data": {name: "1", "cursor": name, "customer_id": name, "placed_from": name}}
    for path in ("/products", "/nothing"):
        yield "get", f"{path}/{name}", {}
    headers = ("accept", "x-request-id", "traceparent", "accept-language", "content-encoding", "x-made-up")
    yield "get", "/products", {"headers": dict.fromkeys(headers, name)}
    yield "get", "/products", {"headers": {"authorization": f"Bearer {name[:150]}"}}
    yield "get", "/admin/login/", {"data": {"next": name}}


def test_nothing_of_what_clients_make_up_is_kept(api):
    client = api("orders.add_product")

    def send(numbers: range) -> None:
        for number in numbers:
            for method, path, more in requests(made_up(number)):
                assert getattr(client, method)(path, **more).status_code < 500
        gc.collect()

    def growth(first: int) -> int:
        before, _ = tracemalloc.get_traced_memory()
        send(range(first, first + ROUNDS))
        return tracemalloc.get_traced_memory()[0] - before

    tracemalloc.start()
    send(range(WARM_UP))
    growths = [growth(WARM_UP + n * ROUNDS) for n in range(2)]  # a module that is loaded meanwhile grows it once
    tracemalloc.stop()

    assert min(growths) < ROUNDS * LENGTH / 4  # the test client itself keeps a kilobyte of each request


BULK = {"orders": [{"customer_id": "C-1", "lines": [{"sku": "MUG", "quantity": 1}]}] * 20}
LARGE_PARTS = (Order, OrderOut, BulkResult, OrderIn, Draft, BytesIO, Response, DeferredResponse)


def large_parts() -> Counter[str]:
    """How many there are of each kind in this process: other tests may keep some."""
    return Counter(type(each).__name__ for each in gc.get_objects() if isinstance(each, LARGE_PARTS))


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("get", "/orders", None, 200),
        ("get", "/orders?page_size=x", None, 400),
        ("get", "/products", None, 200),
        ("post", "/orders/bulk", BULK, 200),
        ("post", "/orders", BULK["orders"][0], 201),
        ("post", "/orders", {}, 422),
        ("post", "/orders", {"customer_id": "C-1", "lines": [{"sku": "NOPE", "quantity": 1}]}, 422),
        ("post", "/orders/cancel", BULK, 404),
        ("get", "/admin/login/", None, 200),
        ("post", "/admin/login/", BULK, 403),
    ],
)
def test_what_a_response_took_is_freed_with_it_and_does_not_wait_for_the_garbage_collector(
    db, intake_in_transaction, monkeypatch, method, path, body, status
):
    """Each large page stayed until a full collection, which a web server hardly ever makes: hundreds of MB. So did the
    body of each request, which the collector does not see: a gigabyte of 60 requests without a log-in."""
    monkeypatch.setattr(signals.request_finished, "send", lambda **_: None)  # would end the test's own connection
    ProductFactory(sku="MUG")
    requests = RequestFactory(headers={"authorization": f"Bearer {create_client(name='shop')}"})
    respond = by_django(application)

    def ask() -> HttpResponseBase:
        response = respond(getattr(requests, method)(path, body, content_type="application/json").environ)
        return response.settle() if isinstance(response, DeferredResponse) else response

    ask().close()
    gc.collect()
    before = large_parts()
    gc.disable()
    try:
        response = ask()
        assert response.status_code == status
        response.close()
        del response
        after = large_parts()
    finally:
        gc.enable()

    assert after == before
