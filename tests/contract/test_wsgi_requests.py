"""Requests as any WSGI server hands them over (PEP 3333) to config.wsgi: odd bytes in a query, odd content types."""

import encodings
import json
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client

from api.clients import create_client
from config.wsgi import application
from tests.factories import ProductFactory

LISTS = ["/orders", "/invoices", "/products", "/stock"]


@pytest.fixture(autouse=True)
def _keep_the_connection_of_the_test(db):
    """As django.test.Client does: the test's transaction is on it."""
    signals = [signal for signal in (request_started, request_finished) if signal.disconnect(close_old_connections)]
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def ask():
    """Sends a request whose query and header values are bytes, as a client with a token or as somebody logged in."""
    token = create_client(name="shop", permissions=["orders.add_product"])

    def ask(path: str, query: bytes = b"", *, method: str = "GET", body: bytes = b"", **more: str) -> SimpleNamespace:
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query.decode("latin-1"),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": f"Bearer {token}",
            "wsgi.input": BytesIO(body),
            "wsgi.url_scheme": "http",
        } | more
        answer = SimpleNamespace()

        def start(status: str, headers: list[tuple[str, str]]) -> None:
            answer.status, answer.headers = int(status[:3]), dict(headers)

        response = application(environ, start)
        answer.body = b"".join(response)
        response.close()
        return answer

    return ask


@pytest.fixture
def cookie() -> str:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return f"sessionid={client.cookies['sessionid'].value}"


def named(answer) -> list[str]:
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json"), answer.body
    return [error["parameter"] for error in json.loads(answer.body)["errors"]]


@pytest.mark.parametrize("encode", [str.encode, lambda text: quote(text).encode()], ids=["raw", "percent-encoded"])
@pytest.mark.parametrize("content_type", ["", "text/plain; charset=utf-8", "text/plain; charset=latin-1"])
def test_bytes_beyond_ascii_in_a_query_find_what_was_stored(ask, intake_in_transaction, encode, content_type):
    ProductFactory(sku="TEA")
    order = {"customer_id": "C", "reference": "注文-é", "lines": [{"sku": "TEA", "quantity": 1}]}
    body = json.dumps(order).encode()
    placed = ask("/orders", method="POST", body=body, CONTENT_TYPE="application/json; charset=utf-8")

    answer = ask("/orders", b"reference=" + encode("注文-é"), CONTENT_TYPE=content_type)

    assert (placed.status, answer.status) == (201, 200)
    assert [row["id"] for row in json.loads(answer.body)["results"]] == [json.loads(placed.body)["id"]]


@pytest.mark.parametrize("broken", [b"\xff", b"%FF", b"a\xc3", b"%ED%A0%80", b"\xe6\xb3", b"%C3x", b"\xc0\x80"])
@pytest.mark.parametrize("path", LISTS)
def test_a_query_that_is_not_utf_8_is_400_and_the_parameter_is_named(ask, path, broken):
    assert named(ask(path, b"page_size=5&cursor=" + broken)) == ["cursor"]
    assert named(ask(path, broken + b"=1"))


@pytest.mark.parametrize("query", ["page_size=注", "colour=注文", "注文", "cursor=é", "x=\x00"])
@pytest.mark.parametrize("path", [*LISTS, "/orders/01890000-0000-7000-8000-000000000000", "/products/TEA"])
def test_any_other_query_is_400_and_no_fault(ask, path, query):
    assert named(ask(path, query.encode()))


@pytest.mark.parametrize(
    "query", [b"q=\xe6\xb3\xa8", b"q=\xff", b"q=%FF", b"\xff", b"q=%00", b"x=\xff&p=2", b"p=\xd9\xa1"]
)
@pytest.mark.parametrize("path", ["orders/order/", "auth/user/", "orders/product/add/", "login/", "", "nothing"])
def test_no_query_of_the_admin_is_a_fault(ask, cookie, path, query):
    assert ask(f"/admin/{path}", query, HTTP_COOKIE=cookie, HTTP_AUTHORIZATION="").status < 500


CHARSETS = [
    *["utf-8", "latin-1", "utf-16", "hex", "rot13", "idna", "unicode_escape", "undefined"],
    *["x" * 1000, "\x00", '"', ""],
]


@pytest.mark.parametrize("charset", CHARSETS)
def test_no_charset_changes_what_a_query_means_or_is_a_fault(ask, charset):
    content_type = f"text/plain; charset={charset}"

    assert ask("/products", b"page_size=5", CONTENT_TYPE=content_type).status == 200
    assert named(ask("/products", "colour=注文".encode(), CONTENT_TYPE=content_type)) == ["colour"]
    assert ask("/nothing", "é".encode(), CONTENT_TYPE=content_type).status == 404
    assert ask("/health/live", "é".encode(), CONTENT_TYPE=content_type, HTTP_AUTHORIZATION="").status == 200


@pytest.mark.parametrize("parameters", ["charset={}", "charset*=us-ascii''{}", "x*={}''%41", "x*0*={}''%41; x*1*=b"])
@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
def test_names_of_charsets_leave_nothing_in_memory(ask, media_type, parameters):
    ask("/products", method="POST", body=b"{}", CONTENT_TYPE="application/json")
    before = len(encodings._cache)

    for number in range(20):
        content_type = f"{media_type}; {parameters.format(f'unknown-{number}')}"
        for path in ("/products", "/admin/login/"):
            status = ask(
                path, b"", method="POST", body=b"{}", CONTENT_TYPE=content_type, HTTP_ACCEPT=content_type
            ).status
            assert 400 <= status < 500

    assert len(encodings._cache) == before


@pytest.mark.parametrize("path", ["/admin/login/", "/products"])
def test_a_form_in_parts_is_refused(ask, cookie, path):
    body = b"--x\r\nContent-Disposition: form-data; name*=unknown''%41\r\n\r\n1\r\n--x--\r\n"
    headers = {"HTTP_COOKIE": f"{cookie}; csrftoken={'a' * 32}", "HTTP_AUTHORIZATION": ""}

    answer = ask(path, method="POST", body=body, CONTENT_TYPE="multipart/form-data; boundary=x", **headers)

    assert 400 <= answer.status < 500
    assert encodings._cache.get("unknown", "not asked for") == "not asked for"
