"""Clients of the API."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client

from api.clients import create_client
from orders.intake.place_orders import place_orders
from tests.contract.submissions import submission
from tests.contract.wire import _server as _server
from tests.openapi import operation_at, problems_of


@pytest.fixture
def api(db) -> Callable[..., Client]:
    """A function that makes an HTTP client with a token and permissions: `api("orders.add_product", name="ann")`."""

    def make(*permissions: str, name: str = "client") -> Client:
        token = create_client(name=name, permissions=permissions)
        return Client(headers={"authorization": f"Bearer {token}"})

    return make


@pytest.fixture
def intake_in_transaction(monkeypatch) -> None:
    """Have orders stored in the test's transaction.

    The group commit has a connection, and tests, of its own: tests/unit/orders/test_group_commit.py, tests/e2e.
    """
    monkeypatch.setattr("orders.intake.place_orders.writers.submit", partial(submission, place_orders))


@pytest.fixture(autouse=True)
def _responses_are_as_described(monkeypatch) -> None:
    """Whatever a test asks, what it gets has to be what the description of the API says of that operation.

    zenml-io/kitaru#930, spatiumddi/spatiumddi#834: one shape of a 422 was described, and another one sent.
    """
    send = Client.request

    def checked(client: Client, **request: Any) -> Any:
        response = send(client, **request)
        method = request.get("REQUEST_METHOD", "GET").replace("HEAD", "GET")
        operation = operation_at(method, request["PATH_INFO"])
        if operation is not None:
            assert list(problems_of(operation, response)) == [], f"{method} {request['PATH_INFO']} by /schema"
        return response

    monkeypatch.setattr(Client, "request", checked)
