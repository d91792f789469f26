"""Clients that were made for the last release go on working, and what is new is in docs/api."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from tests.api_changes import breaking_changes
from tests.openapi import description

RELEASED = Path(__file__).parents[2] / "docs/api/openapi.json"
WRITE_IT = "manage.py schema --output docs/api/openapi.json"


def test_nothing_breaks_clients_of_the_last_release():
    """If it has to: docs/api/README.md says how."""
    assert list(breaking_changes(json.loads(RELEASED.read_bytes()), description())) == []


def test_what_is_new_is_in_the_file():
    assert json.loads(RELEASED.read_bytes()) == description(), f"the description has changed: {WRITE_IT}"


def schema(document, name):
    return document["components"]["schemas"][name]


def operation(document, method, path):
    return document["paths"][path][method]


CHANGES = {
    "an address is gone": lambda d: d["paths"].pop("/orders/bulk"),
    "a method is gone": lambda d: d["paths"]["/orders"].pop("post"),
    "an operation has another name": lambda d: operation(d, "get", "/orders").update(operationId="orders"),
    "it takes a permission": lambda d: operation(d, "get", "/orders").update(security=[{"token": ["orders.x"]}]),
    "a field of a request has to be there": lambda d: schema(d, "OrderIn")["required"].append("currency"),
    "a field of a request is gone": lambda d: schema(d, "OrderIn")["properties"].pop("reference"),
    "a text of a request is to be shorter": lambda d: schema(d, "CancelIn")["properties"]["reason"].update(maxLength=9),
    "a value of a request is gone": lambda d: schema(d, "MovementIn")["properties"]["kind"]["enum"].remove("receipt"),
    "a number is to be smaller": lambda d: schema(d, "LineIn")["properties"]["quantity"].update(maximum=9),
    "a field of a response is gone": lambda d: (
        schema(d, "OrderOut")["properties"].pop("net"),
        schema(d, "OrderOut")["required"].remove("net"),
    ),
    "a field of a response may be missing": lambda d: schema(d, "OrderOut")["required"].remove("net"),
    "a field of a response may be null": lambda d: schema(d, "OrderOut")["properties"].update(
        net={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
    "a number of a response is a text": lambda d: schema(d, "LineStatus")["properties"]["quantity"].update(
        type="string"
    ),
    "a parameter is gone": lambda d: operation(d, "get", "/orders")["parameters"].pop(0),
    "a status of success is another": lambda d: operation(d, "post", "/orders")["responses"].update(
        {"200": operation(d, "post", "/orders")["responses"].pop("201")}
    ),
    "a problem has another type": lambda d: operation(d, "post", "/orders")["responses"]["422"]["content"][
        "application/problem+json"
    ]["examples"].pop("order-refused"),
    "a header of a response is gone": lambda d: operation(d, "post", "/orders")["responses"]["201"]["headers"].pop(
        "Location"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_that_breaks_clients_is_found(change):
    new = deepcopy(description())
    change(new)

    assert list(breaking_changes(description(), new))


HARMLESS = {
    "an address is new": lambda d: d["paths"].update({"/new": d["paths"]["/orders"]}),
    "a field of a request is new": lambda d: schema(d, "OrderIn")["properties"].update(priority={"type": "integer"}),
    "a field of a response is new": lambda d: (
        schema(d, "OrderOut")["properties"].update(priority={"type": "integer"}),
        schema(d, "OrderOut")["required"].append("priority"),
    ),
    "a value of a response is new": lambda d: schema(d, "OrderOut")["properties"]["status"]["enum"].append("lost"),
    "a text of a request may be longer": lambda d: schema(d, "CancelIn")["properties"]["reason"].update(maxLength=999),
    "a parameter is new": lambda d: operation(d, "get", "/orders")["parameters"].append(
        {"name": "new", "in": "query", "schema": {"type": "string"}}
    ),
    "words are others": lambda d: operation(d, "get", "/orders").update(summary="Others."),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_change_that_breaks_nobody_is_no_alarm(change):
    new = deepcopy(description())
    change(new)

    assert list(breaking_changes(description(), new)) == []
