"""Only unambiguous requests are shed without being parsed; the others are left to the parser."""

import json

import pytest

from serving.shedding import MAX_SIZE, Shedder

DATE = [(b"date", b"Thu, 26 Nov 2026 19:00:00 GMT")]
BODY = b'{"customer_id": "C-1"}'


def order(*headers: bytes, line: bytes = b"POST /orders HTTP/1.1", body: bytes = BODY) -> bytes:
    lines = [line, b"Host: shop", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def full_for_orders(scope) -> bool:
    return scope["path"].rstrip("/") == "/orders"


@pytest.fixture
def shedder() -> Shedder:
    return Shedder(full_for_orders)


def fields_of(response: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    head, _, body = response.partition(b"\r\n\r\n")
    line, *lines = head.split(b"\r\n")
    return line, dict(field.split(b": ", 1) for field in lines), body


@pytest.mark.parametrize(
    "request_",
    [
        order(),
        order(line=b"POST /orders/ HTTP/1.1"),
        order(line=b"GET /orders?page_size=5 HTTP/1.1", body=b""),
        order(b"Connection: keep-alive"),
        order(b"X-Long: " + b"x" * 8000),
        order(body="{'name': 'Tee für zwei'}".encode()),
        b"POST /orders HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"GET /orders HTTP/1.1\r\nHost: shop\r\n\r\n",
    ],
)
def test_a_whole_request_without_a_place_is_told_so(shedder, request_):
    line, fields, body = fields_of(shedder.response_to(request_, DATE))

    assert line == b"HTTP/1.1 503 Service Unavailable"
    assert fields[b"content-type"] == b"application/problem+json"
    assert (fields[b"retry-after"], fields[b"date"]) == (b"1", DATE[0][1])
    assert int(fields[b"content-length"]) == len(body)
    problem = json.loads(body)
    assert problem["type"] == "urn:orderflow:problem:overloaded"
    assert problem["request_id"] == fields[b"x-request-id"].decode()


@pytest.mark.parametrize(
    "data",
    [
        order(line=b"GET /health/live HTTP/1.1"),  # there is a place
        order(line=b"HEAD /orders HTTP/1.1"),  # whose response has no body
        order(line=b"POST /orders HTTP/1.0"),
        order(line=b"POST http://shop/orders HTTP/1.1"),
        order(line=b"POST /orders\xff HTTP/1.1"),
        order(line=b"POST /orders HTTP/1.1\r\n folded"),
        order(b"Connection: close"),
        order(b"Expect: 100-continue"),
        order(b"EXPECT: 100-continue"),
        order(b"Connection: upgrade", b"Upgrade: h2c"),
        order(b"Content-Length: 3"),
        order(b"Transfer-Encoding: chunked"),
        order(b"Bad Name: x"),
        order().replace(b"\r\n", b"\n"),
        order()[:-1],
        order()[:30],
        order() + b"P",
        order() + order(),
        order(body=b"x" * MAX_SIZE),
        b"",
        b"\r\n",
        b"\x16\x03\x01",
    ],
)
def test_what_may_be_served_or_read_otherwise_is_left_to_the_parser(shedder, data):
    assert shedder.response_to(data, DATE) is None
    assert shedder.response_to(order(), DATE) is not None, "what came before must not be remembered"


def test_a_request_id_of_the_client_is_kept(shedder):
    _, fields, body = fields_of(shedder.response_to(order(b'x-Request-ID:  a"\\b '), DATE))

    assert (fields[b"x-request-id"], json.loads(body)["request_id"]) == (b'a"\\b', 'a"\\b')
    assert int(fields[b"content-length"]) == len(body)


@pytest.mark.parametrize("given", [b"", b"a b", b"x" * 129, b"\xff", b"a\r\nx-request-ID: b"])
def test_a_request_id_that_is_none_is_replaced(shedder, given):
    _, fields, _ = fields_of(shedder.response_to(order(b"X-Request-ID: " + given), DATE))

    assert len(fields[b"x-request-id"]) == 36


def test_the_body_is_not_taken_for_a_header(shedder):
    _, fields, _ = fields_of(shedder.response_to(order(body=b"{}\nx-request-id: evil\r\nexpect: x\r\n\r\n"), DATE))

    assert len(fields[b"x-request-id"]) == 36


def test_each_second_has_a_date_of_its_own(shedder):
    shedder.response_to(order(), DATE)
    later = [(b"date", b"Thu, 26 Nov 2026 19:00:01 GMT")]

    _, fields, _ = fields_of(shedder.response_to(order(), later))

    assert fields[b"date"] == later[0][1]
