"""The edge by RFC 9110 (semantics) and RFC 9112 (HTTP/1.1), as bytes on a socket to the real server.

A line is an input that some server took for something else once. Sources: the issue trackers of Granian, uvicorn,
hyper, waitress and gunicorn, named beside the tests; and the tables of the RFCs.
"""

import contextlib
import gzip
import json
import socket
import time
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from api.clients import create_client
from devstack.ports import LOOPBACK
from orders.models import Order
from tests.contract.wire import Server, read_replies, read_reply, running_server
from tests.factories import ProductFactory
from tests.waiting import wait_until


@pytest.fixture
def server(_server, transactional_db) -> Server:
    """A running web server, with a product and an API client."""
    ProductFactory(sku="MUG", name="Mug", unit_price="2.50", tax_rate="0.2")
    _server.token = create_client(name=f"client-{uuid4().hex[:8]}")
    return _server


def key(text: bytes) -> bytes:
    return b"Idempotency-Key: " + text


def rejects(server: Server, *parts: bytes, status: int = 400, then_close: bool = False) -> str:
    """The detail of the problem in the response; checks that nothing was stored."""
    reply = server.send(*parts, then_close=then_close)
    assert reply.status == status, reply
    assert Order.objects.count() == 0
    return str(reply.problem["detail"])


# --- RFC 9110, 5.5: field values ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["bestell-ü".encode(), b"bestell-\xfc", b"k\x80"])
def test_a_key_beyond_ascii_is_named_and_never_lost(server, text):
    """Granian's WSGI and RSGI drop such a header; the order is then placed once for each try."""
    assert "Idempotency-Key" in rejects(server, server.order(key(text)))


@pytest.mark.parametrize("name", [b"Authorization", b"Content-Type", b"Content-Encoding"])
def test_other_fields_that_count_are_not_lost_either(server, name):
    assert name.decode() in rejects(server, server.order(name + b": caf\xe9")).title()


def test_two_keys_are_not_joined_to_a_third(server):
    assert "Idempotency-Key" in rejects(server, server.order(key(b"one"), key(b"two")))


@pytest.mark.parametrize("target", [b"/health/live", b"/static/none"], ids=["served", "rejected before Django"])
def test_two_request_ids_are_no_id(server, target):
    reply = server.send(server.request(target, b"X-Request-ID: one", b"X-Request-ID: two"))

    assert UUID(reply.headers["x-request-id"])


@pytest.mark.parametrize("around", [b"%b ", b"%b\t", b" \t%b \t "])
def test_blanks_around_a_value_are_no_part_of_it(server, around):
    """A key with a blank behind it was 400, a host with a tab too, and a request id was replaced by another one."""
    body = json.dumps({"customer_id": "C-1", "lines": [{"sku": "MUG", "quantity": 1}]}).encode()
    fields = [name + b":" + around % value for name, value in ((b"Idempotency-Key", b"k"), (b"X-Request-ID", b"mine"))]
    order = server.request(b"/orders", *fields, method=b"POST", host=around % b"shop", body=body)
    first, again = server.send(order), server.send(order)

    assert (first.status, again.status, again.headers["idempotency-replayed"]) == (201, 201, "true")
    assert first.headers["x-request-id"] == again.headers["x-request-id"] == "mine"


def test_a_cookie_with_an_odd_byte_is_no_reason_to_lose_the_others(server):
    """A browser sends all the cookies of a host in one field."""
    reply = server.send(server.request(b"/orders", b"Cookie: odd=\xe9; csrftoken=abc"))

    assert reply.status == 200


@pytest.mark.parametrize("value", [b"a\x00b", b"a\rb", b"a\nb", b"a\x7f"])
def test_control_characters_in_a_field_are_no_request(server, value):
    reply = server.send(server.order(b"X-Odd: " + value))

    assert (reply.status, Order.objects.count()) == (400, 0)


def test_a_field_of_obs_fold_is_no_request(server):
    rejects(server, server.request(b"/orders", b"X-Folded: a\r\n b"))


@pytest.mark.parametrize("line", [b"No-Colon", b": no name", b"With Space: x", b"Space-Before : x", b"\xff: x"])
def test_a_field_line_that_is_none_is_no_request(server, line):
    rejects(server, server.request(b"/orders", line))


# --- RFC 9110, 7.2 and RFC 9112, 3.2: host and target -----------------------------------------------------------------


@pytest.mark.parametrize(
    "host", [None, b"", b" ", b"a b", b"sh\xc3\xb6p", b"shop/path", b"user@shop", b"shop:port", b"[::1"]
)
def test_a_host_that_is_missing_or_none_is_no_request(server, host):
    rejects(server, server.request(b"/orders", host=host))


def test_two_hosts_are_no_request(server):
    rejects(server, server.request(b"/orders", b"Host: other"))


def test_the_authority_of_the_target_counts_and_not_the_host_beside_it(server):
    reply = server.send(server.request(b"http://target.example/", host=b"host.example"))

    assert reply.status == 200
    assert json.loads(reply.body)["orders"] == "http://target.example/orders"


def test_a_host_that_is_not_allowed_is_named_with_its_setting(server, tmp_path):
    """Load balancers ask by address, and are answered (sjkingo/django-ebhealthcheck#3)."""
    with running_server(tmp_path, ALLOWED_HOSTS="shop.example") as shop:
        shop.token = server.token
        details = [shop.send(shop.request(path, host=b"10.0.0.7:80")).problem["detail"] for path in (b"/orders", b"/")]
        long = shop.send(shop.request(b"/orders", host=b"x" * 9000)).problem["detail"]
        origin = (b"Origin: http://10.0.0.7", b"Content-Type: application/x-www-form-urlencoded")
        login = shop.send(shop.request(b"/admin/login/", *origin, method=b"POST", host=b"10.0.0.7"))
        probe = shop.send(shop.request(b"/health/ready", host=b"10.0.0.7"))
        welcome = shop.send(shop.request(b"/orders", host=b"shop.example:8000"))

    assert all("10.0.0.7:80 " in detail and "ALLOWED_HOSTS" in detail for detail in details), details
    assert ("ALLOWED_HOSTS" in long, len(long) < 400) == (True, True)
    assert (login.status, b"10.0.0.7 " in login.body, b"ALLOWED_HOSTS" in login.body) == (400, True, True)
    assert (probe.status, welcome.status) == (200, 200)


@pytest.mark.parametrize(
    "target", [b"orders", b"*", b"shop:80", b"http://", b"http://u:p@shop/orders", b"ftp://shop/orders"]
)
def test_a_target_of_no_form_that_we_serve_is_no_request(server, target):
    rejects(server, server.request(target))


@pytest.mark.parametrize("target", [b"/orders?reference=PO#1", b"/orders#", b"http://shop/orders?reference=PO#1"])
def test_a_target_with_a_fragment_is_no_request(server, target):
    """What is behind the # would be left out, and the orders of another reference listed (RFC 9112, 3.2)."""
    assert "%23" in rejects(server, server.request(target))


# zotonic/cowmachine#27, SeasideSt/Seaside#1157
@pytest.mark.parametrize(
    "target",
    [
        *[b"/orders?reference=%", b"/orders?reference=100%&status=placed", b"/orders?reference=%zz", b"/orders?%4=1"],
        *[b"/products/%", b"/products/%zz", b"/static/%a", b"http://shop/products/%e", b"/adm%n/?q=%"],
    ],
)
def test_a_percent_sign_that_encodes_nothing_is_no_request(server, target):
    assert "%25" in rejects(server, server.request(target))


@pytest.mark.parametrize("target", [b"/admin/login/?next=%", b"/admin/login/?next=100%&x=%zz", b"/admin/%zz"])
def test_a_percent_sign_that_a_person_types_into_an_address_is_one(server, target):
    """A browser sends it as it is, and showed JSON that speaks of a request target."""
    reply = server.send(server.request(target, b"Accept: text/html"))

    assert reply.headers["content-type"].startswith("text/html")


def test_an_encoded_percent_sign_is_one(server):
    order = server.send(server.order(reference="100%"))
    found = server.send(server.request(b"/orders?reference=100%25"))

    assert [each["id"] for each in json.loads(found.body)["results"]] == [json.loads(order.body)["id"]]


def test_a_target_without_end_is_said_to_be_too_long(server):
    assert "longer" in rejects(server, server.request(b"/orders?reference=" + b"x" * 9000), status=414)


def test_bytes_beyond_ascii_in_a_target_count_as_if_they_were_encoded(server):
    server.send(server.order(reference="注文"))
    raw = server.send(server.request("/orders?reference=注文".encode()))
    encoded = server.send(server.request(b"/orders?reference=%E6%B3%A8%E6%96%87"))

    assert (raw.status, encoded.status) == (200, 200)
    assert len(json.loads(raw.body)["results"]) == len(json.loads(encoded.body)["results"]) == 1


@pytest.mark.parametrize("path", ["/orders", "/invoices", "/products", "/stock", "/admin/orders/order/", "/"])
@pytest.mark.parametrize(
    "content_type",
    [
        b"",
        b"Content-Type: text/plain; charset=utf-8",
        b"Content-Type: x; charset=odd",
        b"Content-Type: text/plain; charset=hex",
    ],
)
@pytest.mark.parametrize("query", ["q=注文".encode(), b"q=\xff\xfe", b"q=%00", b"%ff=%ff", b"\xe9", b"q=%"])
def test_no_query_however_odd_is_a_fault_of_ours(server, path, content_type, query):
    fields = [content_type] if content_type else []
    reply = server.send(server.request(path.encode() + b"?" + query, *fields))

    assert reply.status in (200, 302, 400)
    assert reply.body or reply.status == 302


@pytest.mark.parametrize("query", [b"reference=%ff", b"reference=\xff"])
def test_a_query_that_is_not_utf_8_is_400_and_the_parameter_is_named(server, query):
    reply = server.send(server.request(b"/orders?" + query))

    assert (reply.status, reply.problem["errors"][0]["parameter"]) == (400, "reference")


@pytest.mark.parametrize(
    "path", [b"/orders/%00", b"/%ff%fe", "/注文".encode(), b"/../etc/passwd", b"/%2e%2e/", b"//orders", b"/orders;x"]
)
def test_no_path_however_odd_is_a_fault_of_ours(server, path):
    assert server.send(server.request(path)).status in (200, 302, 400, 404)


# --- RFC 9112, 6: bodies and their length -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        [b"Content-Length: 5", b"Content-Length: 6"],
        [b"Content-Length: 5, 5"],
        [b"Content-Length: +5"],
        [b"Content-Length: -1"],
        [b"Content-Length: 0x5"],
        [b"Content-Length: 5 5"],
        [b"Content-Length: "],
        [b"Content-Length: 99999999999999999999999"],
        [b"Content-Length: 5", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: chunked", b"Content-Length: 5"],
        [b"Transfer-Encoding: chunked, identity"],
        [b"Transfer-Encoding: xchunked"],
        [b"Transfer-Encoding: gzip"],
        [b"Transfer-Encoding: gzip, chunked"],
        [b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: identity, chunked"],
        [b"Transfer-Encoding:\x0bchunked"],
        [b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"],
    ],
)
def test_a_length_that_can_be_read_in_two_ways_ends_the_connection(server, fields):
    """Request smuggling: what a proxy takes for a body must not be a request to us (waitress, gunicorn#1725)."""
    request = (
        server.request(b"/orders", *fields, method=b"POST") + b"0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    with server.connect() as wire:
        wire.sendall(request)
        first = read_reply(wire)

        assert first.status in (400, 413)
        assert wire.recv(1) == b"", "the connection ends, so nothing after it is taken for a request"
    assert Order.objects.count() == 0


@pytest.mark.parametrize("length", [100, 70_000, 200_000])
@pytest.mark.parametrize("then_close", [True, False])
def test_a_body_that_ends_early_is_no_body(server, length, then_close):
    """Of 70,000 bytes 69,000 were an order, and the rest padding: it was placed."""
    whole = server.order(reference="early")
    body = whole.partition(b"\r\n\r\n")[2].ljust(length - 1)
    head = server.request(b"/orders", b"Content-Type: application/json", b"Content-Length: %d" % length, method=b"POST")
    with server.connect() as wire:
        wire.sendall(head + body)
        if then_close:
            wire.shutdown(socket.SHUT_WR)
            assert read_reply(wire).status == 400
    assert server.send(server.request(b"/orders")).status == 200
    assert Order.objects.count() == 0


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def test_a_body_in_chunks_is_a_body(server):
    body = server.order().partition(b"\r\n\r\n")[2]
    fields = [b"Content-Type: application/json", b"Transfer-Encoding: chunked", key(b"in-chunks")]
    request = server.request(b"/orders", *fields, method=b"POST") + chunked(body[:10], body[10:])

    first, again = server.send(request), server.send(request)

    assert (first.status, again.status) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    assert Order.objects.count() == 1


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"x, chunked"])
def test_a_body_with_another_transfer_coding_than_chunks_is_no_order(server, coding):
    """The coding was ignored, and an order placed of what a proxy takes for the bytes of a compressed one."""
    body = server.order().partition(b"\r\n\r\n")[2]
    fields = [b"Content-Type: application/json", b"Transfer-Encoding: " + coding]
    reply = server.send(server.request(b"/orders", *fields, method=b"POST") + chunked(body))

    assert (reply.status, reply.closed, Order.objects.count()) == (400, True, 0)
    assert "Transfer-Encoding" in reply.problem["detail"]


def test_an_empty_body_in_chunks_is_an_empty_body(server):
    """It was 411, with the advice to send no chunks, which are welcome."""
    fields = [b"Content-Type: application/json", b"Transfer-Encoding: chunked"]
    reply = server.send(server.request(b"/orders", *fields, method=b"POST") + chunked())

    assert (reply.status, reply.problem["detail"]) == (400, "the body is empty")


@pytest.mark.parametrize("body", [b"zz\r\n{}\r\n0\r\n\r\n", b"-1\r\n", b"5;x\r\n{}\r\n", b"ffffffffffffffffff\r\n{}"])
def test_chunks_that_are_none_are_no_body(server, body):
    fields = [b"Content-Type: application/json", b"Transfer-Encoding: chunked"]
    reply = server.send(server.request(b"/orders", *fields, method=b"POST") + body, then_close=True)

    assert (reply.status, Order.objects.count()) == (400, 0)


# --- RFC 9110, 10.1.1 and 15.5.14: large bodies -----------------------------------------------------------------------

LARGE = 17 * 1024 * 1024


def announcing(server: Server, length: int, *fields: bytes) -> bytes:
    return server.request(
        b"/orders/bulk", b"Content-Type: application/json", b"Content-Length: %d" % length, *fields, method=b"POST"
    )


def test_a_client_that_waits_to_send_too_much_is_told_not_to(server):
    reply = server.send(announcing(server, LARGE, b"Expect: 100-continue"))

    assert (reply.status, reply.closed) == (413, True)
    assert "16 MiB" in reply.problem["detail"]


@pytest.mark.parametrize(("path", "status"), [(b"/orders", 401), (b"/orders/bulk/", 401), (b"/nothing", 404)])
@pytest.mark.parametrize("length", [b"Content-Length: 9000000", b"Transfer-Encoding: chunked"])
def test_a_client_that_waits_to_send_without_a_log_in_is_told_at_once(server, path, status, length):
    """It was told to go on, and then that it takes a log-in (pallets/werkzeug#1174)."""
    lines = [b"POST %b HTTP/1.1" % path, b"Host: shop", b"Content-Type: application/json", length]
    reply = server.send(b"\r\n".join([*lines, b"Expect: 100-continue", b"", b""]))

    assert (reply.status, reply.closed) == (status, True)
    assert status != 401 or reply.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("authorization", [b"Bearer of_nobodys", b"Bearer a b", b"Basic Ym9iOmJvYg=="])
def test_a_client_that_waits_to_send_with_a_wrong_log_in_is_told_at_once(server, authorization):
    """chimera-nas/chimera#1311: it was told to go on, and that its token is nobody's once all had come."""
    request = announcing(server, 9_000_000, b"Expect: 100-continue")
    reply = server.send(request.replace(b"Bearer " + server.token.encode(), authorization))

    assert (reply.status, reply.closed) == (401, True)


def test_a_client_that_sends_too_much_without_asking_can_read_why(server):
    """Ordinary clients send the whole body before they read; a connection that is closed meanwhile breaks them."""
    with server.connect() as wire:
        wire.sendall(announcing(server, LARGE))
        for _ in range(17):
            wire.sendall(b" " * 1024 * 1024)
        reply = read_reply(wire)

    assert (reply.status, reply.closed) == (413, True)


def test_a_client_that_waits_to_send_what_is_welcome_is_told_to_go_on(server):
    request = server.order(b"Expect: 100-continue")
    head, separator, body = request.partition(b"\r\n\r\n")
    with server.connect() as wire:
        wire.sendall(head + separator)
        assert wire.recv(100).startswith(b"HTTP/1.1 100 ")
        wire.sendall(body)
        assert read_reply(wire).status == 201


def test_a_single_order_has_a_limit_of_its_own(server):
    rejects(server, server.order(reference="x" * (1024 * 1024)), status=413)


# --- RFC 9110, 8.4: content coding ------------------------------------------------------------------------------------


@pytest.mark.parametrize("encode", [gzip.compress, bytes])
def test_an_encoded_body_is_not_supported_be_it_one_or_not(server, encode):
    body = encode(server.order().partition(b"\r\n\r\n")[2])
    rejects(server, server.request(b"/orders", b"Content-Encoding: gzip", method=b"POST", body=body), status=415)


# --- RFC 9110, 15.5.6: methods ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [b"/health/live", b"/health/ready", b"/metrics", b"/static/site.css"])
@pytest.mark.parametrize("method", [b"POST", b"PUT", b"DELETE", b"PATCH"])
def test_what_can_only_be_read_says_so(server, path, method):
    reply = server.send(server.request(path, method=method, body=b"{}"))

    assert reply.status == 405
    assert "GET" in reply.headers["allow"]
    assert reply.problem["status"] == 405


@pytest.mark.parametrize("path", [b"/", b"/orders", b"/health/live", b"/static/site.css"])
def test_head_is_get_without_the_body(server, path):
    with server.connect() as wire:
        wire.sendall(server.request(path, method=b"HEAD") + server.request(path))
        head = wire.makefile("rb")
        line, fields = head.readline(), {}
        while (field := head.readline().strip()) != b"":
            name, _, value = field.partition(b": ")
            fields[name] = value
        assert line.startswith(b"HTTP/1.1 200 ")
        assert int(fields[b"content-length"]) > 0
        assert head.readline().startswith(b"HTTP/1.1 200 ")


def test_a_static_file_is_served_with_its_type_and_not_again_to_who_has_it(server):
    reply = server.send(server.request(b"/static/site.css"))
    assert (reply.status, reply.headers["content-type"], reply.body) == (200, 'text/css; charset="utf-8"', b"body {}")

    since = b"If-Modified-Since: " + reply.headers["last-modified"].encode()
    assert server.send(server.request(b"/static/site.css", since)).status == 304


@pytest.mark.parametrize(
    "path", [b"/static/", b"/static/nothing.css", b"/static/../manage.py", b"/static/%2e%2e/web.log"]
)
def test_nothing_but_static_files_is_below_static(server, path):
    assert server.send(server.request(path)).status == 404


# --- RFC 9112, 2 and 9: messages and connections ----------------------------------------------------------------------

NO_REQUESTS = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,  # TLS
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\xff\xfe\xfd\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"CONNECT shop:80 HTTP/1.1\r\nHost: shop:80\r\n\r\n",
]


@pytest.mark.parametrize("garbage", NO_REQUESTS)
def test_what_is_no_request_is_answered_by_a_problem_and_the_end_of_the_connection(server, garbage):
    reply = server.send(garbage)

    assert (reply.status, reply.closed) == (400, True)
    assert reply.problem["type"] == "urn:orderflow:problem:malformed-request"


def test_what_is_no_request_leaves_a_line_in_the_log(server):
    server.send(b"nonsense\r\n\r\n")

    wait_until(lambda: "MalformedRequest" in server.log.read_text(), what="the log tells of it")


def test_headers_without_end_are_said_to_be_too_large(server):
    field = b"X-Large: " + b"x" * 60_000
    assert "larger" in rejects(server, server.request(b"/orders", field, field), status=431)


def test_many_headers_are_said_to_be_too_large(server):
    rejects(server, server.request(b"/orders", *[b"X-%d: %s" % (n, b"x" * 100) for n in range(700)]), status=431)


def test_requests_in_a_row_are_answered_in_order(server):
    with server.connect() as wire:
        wire.sendall(server.order(reference="first") + server.order(reference="second") + server.request(b"/orders"))
        statuses = [reply.status for reply in read_replies(wire, 3)]

    assert statuses == [201, 201, 200]
    assert Order.objects.count() == 2


def test_a_client_of_http_1_0_is_served_without_a_host(server):
    reply = server.send(b"GET /health/live HTTP/1.0\r\n\r\n")

    assert (reply.status, reply.closed) == (200, True)


def test_an_expectation_of_http_1_0_is_ignored(server):
    """RFC 9110, 10.1.1: it knows no interim responses, and took the 100 for the response."""
    reply = server.send(server.order(b"Expect: 100-continue").replace(b"HTTP/1.1", b"HTTP/1.0"))

    assert (reply.status, reply.closed) == (201, True)


def test_a_client_that_has_said_all_gets_its_response_although_it_closed_its_side(server):
    reply = server.send(server.order(), then_close=True)

    assert (reply.status, Order.objects.count()) == (201, 1)


def test_a_head_that_ends_early_is_no_request(server):
    rejects(server, b"GET /orders HTTP/1.1\r\nHost: sh", then_close=True)


UPGRADE = [b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"]


def test_an_upgrade_that_is_not_offered_is_passed_over(server):
    assert server.send(server.request(b"/orders", *UPGRADE)).status == 200


def in_one_chunk(request: bytes, *trailer: bytes) -> bytes:
    """A request with a body, as one whose body comes in a chunk, with the lines of a trailer."""
    head, _, body = request.partition(b"\r\n\r\n")
    head = head.replace(b"Content-Length: %d" % len(body), b"Transfer-Encoding: chunked")
    return head + b"\r\n\r\n%x\r\n%s\r\n0\r\n%s\r\n" % (len(body), body, b"".join(trailer))


@pytest.mark.parametrize("framed", [bytes, in_one_chunk])
def test_a_body_is_not_lost_with_the_upgrade_that_its_client_offers(server, framed):
    """Java's own client offers one with each request: Kludex/uvicorn#2722."""
    request = framed(server.order(*UPGRADE))
    middle = len(request) - 30
    with server.connect() as wire:
        wire.sendall(request + request)
        wire.sendall(request[:middle])
        wire.sendall(request[middle:] + server.request(b"/orders", *UPGRADE))
        statuses = [reply.status for reply in read_replies(wire, 4)]

    assert statuses == [201, 201, 201, 200]
    assert Order.objects.count() == 3


def test_a_trailer_does_not_pass_for_the_head(server):
    """RFC 9110, 6.5.1. What is checked of a head, by us and by proxies, is not checked of a trailer."""
    token = b"Authorization: Bearer %s\r\n" % server.token.encode()
    anonymous = server.order().replace(token, b"")

    assert server.send(in_one_chunk(anonymous, token)).status == 401
    assert (
        server.send(in_one_chunk(server.order(), b"Content-Encoding: gzip\r\n", b"X-Request-ID: x\r\n")).status == 201
    )
    assert [server.send(in_one_chunk(server.order(), key(b"k") + b"\r\n")).status for _ in range(2)] == [201, 201]


@pytest.mark.parametrize("piece", [b"a: " + b"b" * 50 + b"\r\n", b"b" * 55])
def test_a_trailer_has_the_limit_of_a_head(server, piece):
    """One without an end took all the memory: nodejs/http-parser#33."""
    endless = in_one_chunk(server.order(), b"a: b").removesuffix(b"\r\n")

    assert "header fields" in rejects(server, endless, *[piece * 200] * 20, status=431)


def test_requests_in_a_row_are_answered_in_order_however_many_they_are(server):
    """The last head of a hundred kilobytes of requests is not one of a hundred kilobytes."""
    request = server.request(b"/nowhere", b"X-Request-ID: %04d")
    wanted = [f"{number:04}" for number in range(1500)]
    data = b"".join(request % number for number in range(1500))
    with server.connect() as wire:
        wire.sendall(data[:-20])
        wire.sendall(data[-20:])
        replies = read_replies(wire, 1500)

    assert [reply.headers["x-request-id"] for reply in replies] == wanted
    assert {reply.status for reply in replies} == {404}


def test_a_request_that_is_rejected_at_once_leaves_its_connection_in_order(overloaded):
    """Its body is skipped, and what follows is the next request."""
    with overloaded.connect() as wire:
        wire.sendall(overloaded.order() + overloaded.request(b"/health/live"))
        statuses = [reply.status for reply in read_replies(wire, 2)]

    assert statuses == [503, 200]
    assert Order.objects.count() == 0


def test_a_request_in_one_piece_is_rejected_as_one_in_two(overloaded):
    """The one is not parsed, the other is: no client can tell."""
    request = overloaded.order(b"X-Request-ID: mine")
    whole, parts = overloaded.send(request), overloaded.send(request[:40], request[40:])

    assert whole._replace(headers=without_date(whole)) == parts._replace(headers=without_date(parts))
    assert (whole.status, whole.closed, whole.headers["retry-after"]) == (503, False, "1")
    assert whole.problem["request_id"] == "mine"


def without_date(reply):
    return {name: value for name, value in reply.headers.items() if name != "date"}


def test_after_a_rejection_the_connection_serves_whatever_comes_next(overloaded):
    """ScyllaDB took bodies for requests, and closed what it had said to keep: scylladb/scylladb#8193, #31511."""
    requests = [
        overloaded.order(),
        overloaded.order(b"X-Request-ID: second"),
        overloaded.request(b"/orders"),
        overloaded.order()[:-1],
    ]
    with overloaded.connect() as wire:
        statuses = []
        for request in requests[:3]:
            wire.sendall(request)
            statuses.append(read_reply(wire).status)
        wire.sendall(requests[3])
        wire.sendall(b"}" + overloaded.request(b"/health/live"))
        statuses += [reply.status for reply in read_replies(wire, 2)]
        wire.sendall(b"no request\r\n\r\n")
        statuses.append(read_reply(wire).status)

    assert statuses == [503, 503, 200, 503, 200, 400]


@pytest.fixture
def overloaded(server, tmp_path):
    """A server that rejects every order as overloaded."""
    with running_server(tmp_path, WEB_MAX_ORDERS_IN_FLIGHT="0") as full:
        full.token = server.token
        yield full


@pytest.mark.parametrize(
    "rest",
    [
        b"}",
        b"no request\r\n\r\n",
        b"GET x HTTP/1.1\r\nHost: shop\r\n\r\n",
        b"GET /orders HTTP/1.1\r\nX-Large: " + b"x" * 70_000,
        b"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Length: 9\r\n\r\n{}",
    ],
    ids=["stray byte", "no request", "bad target", "endless head", "incomplete body"],
)
def test_what_follows_a_request_is_rejected_after_its_response(server, rest):
    """Its client would otherwise take the order for refused, which is stored."""
    with server.connect() as wire:
        wire.sendall(server.order() + server.order() + rest)
        wire.shutdown(socket.SHUT_WR)
        statuses = [reply.status for reply in read_replies(wire, 2)]

    assert statuses == [201, 201]
    assert Order.objects.count() == 2


def test_what_follows_a_request_is_rejected_once(server):
    with server.connect() as wire:
        wire.sendall(server.order() + b"no request\r\n\r\n")
        placed, rejected = read_replies(wire, 2)

    assert (placed.status, rejected.status, rejected.closed) == (201, 400, True)


@pytest.mark.parametrize(("length", "status"), [(1024 * 1024, 403), (1024 * 1024 + 1, 400)])
def test_a_form_is_not_read_where_it_is_longer_than_any_of_ours(server, length, status):
    """Anybody could have 16 MiB of %41 decoded, in five seconds of CPU: the CSRF check comes before a log-in."""
    head = b"Host: localhost\r\nCookie: csrftoken=%s\r\nContent-Length: %d\r\n" % (b"a" * 32, length)
    form = b"POST /admin/login/ HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n" + head + b"\r\n"

    assert server.send(form, b"a=" + b"x" * (length - 2)).status == status


def test_clients_that_do_not_read_hold_no_place_of_others(server):
    """uvicorn waits for such a client without end (pgjones/hypercorn#262), and twelve of them stopped the server."""
    request = b"GET /admin/login/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with contextlib.ExitStack() as wires:
        for _ in range(settings.WEB_THREADS * 2):
            wire = wires.enter_context(socket.socket())
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wire.connect((LOOPBACK, server.port))
            wire.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                wire.send(request * 2000)
        wait_until(lambda: all_wait(server), within=90, what="no client gets more")

        assert server.send(server.request(b"/orders")).status == 200


def all_wait(server) -> bool:
    """Whether the server logs no request any more."""
    before = server.log.stat().st_size
    time.sleep(1)
    return server.log.stat().st_size == before
