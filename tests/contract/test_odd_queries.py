"""Odd queries never give a 500, on any list, as JSON or as a page."""

from urllib.parse import quote

import pytest
from django.test import Client

PARAMETERS = {
    "/orders": ["status", "customer_id", "reference", "placed_from", "placed_to", "page_size", "cursor"],
    "/products": ["page_size", "cursor"],
    "/stock": ["page_size", "cursor"],
    "/stock/TEA-1/movements": ["page_size", "cursor"],
    "/invoices": ["order_id", "customer_id", "page_size", "cursor"],
}
ODD = [
    *[
        "",
        " ",
        "\u3000",
        "\u200b",
        "\x00",
        "%",
        "'",
        "é😀",
        "x" * 300,
        "-1",
        "1e400",
        "NaN",
        str(2**63),
        "9" * 5000,
        "null",
        "[]",
    ],
    *["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30", "294277-01-01T00:00:00Z", "infinity"],
    *["01890000-0000-7000-8000-000000000000", "W2ZhbHNlLFtdXQ", "W2ZhbHNlLFsiXHUwMDAwIl1d", "bnVsbA"],
]


@pytest.fixture
def person(django_user_model) -> Client:
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("person"))
    return client


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, names in PARAMETERS.items() for name in names])
def test_an_odd_value_of_a_parameter_is_an_answer_or_a_400_that_names_it(person, path, name):
    for value in ODD:
        response = person.get(f"{path}?{name}={quote(value)}")
        assert response.status_code in (200, 400, 404), value
        if response.status_code == 400:
            assert [error["parameter"] for error in response.json()["errors"]] == [name]


@pytest.mark.parametrize("value", ["\x00", "0001-01-01T00:00:00+23:59", "'", "</textarea>"])
@pytest.mark.parametrize("path", ["/orders", "/invoices"])
def test_a_page_copes_with_odd_values_too(person, path, value):
    query = "&".join(f"{name}={quote(value)}" for name in PARAMETERS[path])
    response = person.get(f"{path}?{query}", headers={"accept": "text/html"})
    assert response.status_code == 400


@pytest.mark.parametrize("path", PARAMETERS)
def test_a_parameter_that_is_unknown_is_never_ignored(person, path):
    response = person.get(f"{path}?colour=red")
    assert response.status_code in (400, 404)
    if response.status_code == 400:
        assert [error["parameter"] for error in response.json()["errors"]] == ["colour"]
