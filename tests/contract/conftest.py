"""Clients of the API."""

from collections.abc import Callable

import pytest
from django.test import Client

from api.clients import create_client
from tests.contract.wire import _server as _server


@pytest.fixture
def api(db) -> Callable[..., Client]:
    """Makes an HTTP client with a token: `api("orders.add_product")` may do that; `name` tells several apart."""

    def make(*permissions: str, name: str = "client") -> Client:
        token = create_client(name=name, permissions=permissions)
        return Client(headers={"authorization": f"Bearer {token}"})

    return make
