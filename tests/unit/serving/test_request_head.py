"""Valid and ambiguous heads, by RFC 9110 and RFC 9112."""

import pytest

from serving import request_head
from serving.exceptions import BadHeader, MalformedRequest
from serving.request_head import encode_request_line, split_target
from tests.unit.serving.fakes import scope

HOSTS = [b"shop.example", b"shop.example:8000", b"127.0.0.1", b"[::1]:8000", b"shop_1.example", b"xn--caf-dma.example"]
NO_HOSTS = [
    b"",
    b" ",
    b"a b",
    b"shop.example/",
    b"user@shop.example",
    b"shop.example:http",
    b"a\xe9",
    b"[::1",
    b"a?",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_is_a_name_or_an_address(host):
    request_head.check(scope(headers=[(b"host", host)]))


@pytest.mark.parametrize("host", NO_HOSTS)
def test_a_host_that_is_none_is_rejected(host):
    with pytest.raises((MalformedRequest, BadHeader)):
        request_head.check(scope(headers=[(b"host", host)]))


def test_a_host_must_be_there_unless_the_client_is_of_before_it():
    head = scope() | {"headers": []}
    with pytest.raises(MalformedRequest, match="Host is missing"):
        request_head.check(head)

    request_head.check(head | {"http_version": "1.0"})


@pytest.mark.parametrize("name", ["Authorization", "Content-Length", "Content-Type", "Host", "Idempotency-Key"])
def test_a_header_of_which_one_counts_must_not_come_twice(name):
    twice = [(name.lower().encode(), b"1"), (name.lower().encode(), b"1")]
    with pytest.raises(BadHeader, match=name):
        request_head.check(scope(headers=twice))


@pytest.mark.parametrize("value", ["bestell-ü".encode(), "bestell-ü".encode("latin-1"), b"\x80"])
@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Idempotency-Key"])
def test_a_header_that_counts_is_ascii(name, value):
    with pytest.raises(BadHeader, match=name):
        request_head.check(scope(headers=[(name.lower().encode(), value)]))


def test_other_headers_may_come_more_than_once_and_have_any_bytes():
    request_head.check(
        scope(headers=[(b"cookie", b"a=\xe9"), (b"cookie", b"b"), (b"x-a", b"\xff"), (b"accept", b"*/*")])
    )


@pytest.mark.parametrize(
    ("target", "path", "authority"),
    [
        (b"/orders?a=1", b"/orders?a=1", None),
        (b"//double", b"//double", None),
        (b"http://shop.example/orders?a=1", b"/orders?a=1", b"shop.example"),
        (b"HTTPS://shop.example:8443", b"/", b"shop.example:8443"),
        (b"http://shop.example?a=1", b"/?a=1", b"shop.example"),
    ],
)
def test_a_target_is_a_path_or_a_whole_url(target, path, authority):
    assert split_target(target) == (path, authority)


@pytest.mark.parametrize(
    "target", [b"*", b"shop.example:443", b"ftp://a/b", b"http://", b"http:///x", b"http://u@h/x", b"orders"]
)
def test_a_target_that_is_neither_is_rejected(target):
    with pytest.raises(MalformedRequest):
        split_target(target)


@pytest.mark.parametrize(
    ("data", "encoded"),
    [
        (b"GET / HTTP/1.1\r\n\r\n\xff", b"GET / HTTP/1.1\r\n\r\n\xff"),
        ("GET /注 HTTP/1.1\r\n".encode() + b"\xff", b"GET /%E6%B3%A8 HTTP/1.1\r\n\xff"),
        (b"GET /caf\xe9", b"GET /caf%E9"),
    ],
)
def test_bytes_beyond_ascii_in_a_request_line_are_percent_encoded(data, encoded):
    assert encode_request_line(data) == encoded
