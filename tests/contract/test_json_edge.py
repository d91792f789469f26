"""Odd input never gives a 500, but a problem that names the error."""

import json

import pytest

GOOD = {"sku": "TEA-1", "name": "Tea", "unit_price": "4.95", "currency": "GBP", "tax_rate": "0.2"}

NOT_JSON = {
    "nothing": b"",
    "blanks": b"   ",
    "cut off": b'{"sku": ',
    "two values": b"{}{}",
    "Latin-1": '{"sku": "é"}'.encode("latin-1"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "NaN": b'{"unit_price": NaN}',
    "Infinity": b'{"unit_price": -Infinity}',
    "a raw NUL": b'{"sku": "a\x00b"}',
    "an exponent beyond any number": b'{"unit_price": 1e999999999999999999999}',
    "an integer of 10,000 digits": b'{"unit_price": ' + b"9" * 10_000 + b"}",
    "arrays 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "objects 100,000 deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a form": b"sku=TEA-1&name=Tea",
    "binary": bytes(range(256)),
}

NOT_VALID = {
    "a list": (b"[]", {""}),
    "null": (b"null", {""}),
    "a number": (b"7", {""}),
    "an empty object": (b"{}", {"/sku", "/name", "/unit_price", "/currency", "/tax_rate"}),
    "an escaped NUL": (json.dumps(GOOD | {"name": "a\x00b"}).encode(), {"/name"}),
    "a lone surrogate": (json.dumps(GOOD | {"name": "\ud800"}).encode(), {"/name"}),
    "a surrogate in a sku": (json.dumps(GOOD | {"sku": "A\udfff"}).encode(), {"/sku"}),
    "a field named by a surrogate": (json.dumps(GOOD | {"\ud800": 1}).encode(), {"/?"}),
    "a field named by a NUL": (json.dumps(GOOD | {"\x00": 1}).encode(), {"/\x00"}),
    "a field named by nothing": (json.dumps(GOOD | {"": 1}).encode(), {"/"}),
    "1e400": (b'{"sku":"A","name":"A","unit_price":1e400,"currency":"GBP","tax_rate":0}', {"/unit_price"}),
    "2**63": (json.dumps(GOOD | {"unit_price": 2**63}).encode(), {"/unit_price"}),
    "NaN in a string": (json.dumps(GOOD | {"unit_price": "NaN"}).encode(), {"/unit_price"}),
    "a price below 0": (json.dumps(GOOD | {"unit_price": -0.01}).encode(), {"/unit_price"}),
    "7 decimals": (json.dumps(GOOD | {"unit_price": "0.0000001"}).encode(), {"/unit_price"}),
    "duplicate keys": (b'{"sku":"A","sku":"B"}', {"/sku"}),
    "everything wrong": (
        json.dumps({name: [] for name in GOOD}).encode(),
        {"/sku", "/name", "/unit_price", "/currency", "/tax_rate"},
    ),
}


@pytest.fixture
def post(api):
    client = api("orders.add_product")

    def post(body: bytes, content_type: str = "application/json", **headers: str):
        return client.post("/products", body, content_type=content_type, headers=headers)

    return post


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_json_is_400_with_the_reason(post, body):
    response = post(body)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "urn:orderflow:problem:not-json"
    assert response.json()["detail"]


@pytest.mark.parametrize(("body", "pointers"), NOT_VALID.values(), ids=NOT_VALID)
def test_what_is_not_valid_is_422_and_every_fault_is_named(post, body, pointers):
    response = post(body)
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert {error["pointer"] for error in response.json()["errors"]} == pointers


@pytest.mark.parametrize("path", ["/products", "/orders", "/orders/bulk"])
@pytest.mark.parametrize("depth", [100, 500, 800, 850, 900, 930, 950, 970, 990, 1010, 2000])
@pytest.mark.parametrize("inmost", ["1", '{"x":1,"x":2}'])
def test_no_depth_of_nesting_gives_a_500(api, path, depth, inmost):
    client = api("orders.add_product")
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        body = f'{{"orders": [{opening * depth}{inmost}{closing * depth}]}}'
        response = client.post(path, body, content_type="application/json")
        assert response.status_code in (200, 400, 422)


def test_a_body_in_chunks_is_411(api):
    client = api("orders.add_product")
    response = client.generic(
        "POST", "/products", content_type="application/json", headers={"transfer-encoding": "chunked"}
    )
    assert response.status_code == 411
    assert "Content-Length" in response.json()["detail"]


def test_a_body_beyond_the_limit_is_413_and_not_read(post):
    response = post(b'{"sku": "' + b"A" * 1024 * 1024 + b'"}')
    assert response.status_code == 413
    assert "1048576 bytes (1 MiB)" in response.json()["detail"]


def test_a_body_of_just_the_limit_is_read(post):
    body = json.dumps(GOOD).encode()
    assert post(body + b" " * (1024 * 1024 - len(body))).status_code == 201


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", "x", ""],
)
def test_another_content_type_is_415(post, content_type):
    response = post(json.dumps(GOOD).encode(), content_type)
    assert response.status_code == 415
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/json;v=1", "APPLICATION/JSON"]
)
def test_parameters_and_case_of_the_content_type_do_not_matter(post, content_type):
    assert post(json.dumps(GOOD).encode(), content_type).status_code == 201


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "application/*", "application/json;q=0.5, text/html;q=0.1"]
)
def test_those_who_take_json_get_json(post, accept):
    assert post(json.dumps(GOOD).encode(), accept=accept)["Content-Type"] == "application/json"


def test_those_who_take_neither_json_nor_html_are_told_so_in_json(post):
    response = post(json.dumps(GOOD).encode(), accept="image/png")
    assert response.status_code == 406
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/products/%00",
        "/products/%ED%A0%80",
        "/products/%FF",
        "/products/" + "A" * 5000,
        "/products/..%2F..",
        "/products/%0A",
        "/products/'%20OR%201=1",
        "/products/Ä",
        "/products/{}",
    ],
)
def test_a_path_that_names_nothing_is_404(api, path):
    response = api().get(path)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("page_size=0", "page_size"),
        ("page_size=201", "page_size"),
        ("page_size=-1", "page_size"),
        ("page_size=1.0", "page_size"),
        ("page_size=" + "9" * 5000, "page_size"),
        ("page_size=%00", "page_size"),
        ("page_size=%D9%A1", "page_size"),
        ("page_size=", "page_size"),
        ("cursor=", "cursor"),
        ("cursor=x", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=WzEsMl0", "cursor"),
        ("cursor=W2ZhbHNlLFtdXQ", "cursor"),
        ("cursor=W2ZhbHNlLFsxXV0", "cursor"),
        ("cursor=W2ZhbHNlLFtudWxsXV0", "cursor"),
        ("cursor=W2ZhbHNlLFsiXHUwMDAwIl1d", "cursor"),
        ("cursor=W2ZhbHNlLFsiXHVkODAwIl1d", "cursor"),
        ("staus=placed", "staus"),
        ("page_size=1&page_size=2", "page_size"),
        ("%00=1", "\x00"),
        ("format=json", "format"),
    ],
)
def test_a_query_parameter_without_sense_is_400_and_named(api, query, named):
    response = api().get(f"/products?{query}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert [error["parameter"] for error in response.json()["errors"]] == [named]
