"""Responses quote a client's texts only in part, and name a limited number of errors."""

import pytest

from api.problems import problem_of
from common.errors import MAX_ERRORS, FieldError
from orders.exceptions import OrderRefused, PriceNotAllowed


@pytest.mark.parametrize("kind", [OrderRefused, PriceNotAllowed])
def test_a_refused_order_names_as_many_errors_as_any_answer(kind):
    problem = problem_of(kind([FieldError(f"/lines/{index}/sku", "there is no product X") for index in range(2000)]))

    assert problem is not None
    assert len(problem.errors) == MAX_ERRORS + 1
    assert problem.errors[-1].detail == f"there are more errors: an answer names no more than {MAX_ERRORS}"


@pytest.mark.parametrize("path", ["/products/{}", "/stock/{}", "/stock/{}/movements", "/invoices/{}", "/nothing/{}"])
def test_a_long_path_is_quoted_in_part(api, path):
    response = api().get(path.format("A" * 20_000))

    assert response.status_code == 404
    assert len(response.content) < 2000


def test_long_headers_and_keys_are_quoted_in_part(api):
    client = api("orders.add_product")

    for body, content_type, status in [
        ("{}", "x/" + "y" * 20_000, 415),
        (f'{{"{"k" * 50_000}": 1}}', "application/json", 422),
        (f'{{"{"k" * 50_000}": 1, "{"k" * 50_000}": 2}}', "application/json", 422),
        ("nul" * 20_000, "application/json", 400),
    ]:
        response = client.post("/products", body, content_type=content_type)
        assert response.status_code == status
        assert len(response.content) < 3000
