"""GET /orders.csv, /invoices.csv, /credit-notes.csv, /taxes.csv and /stock.csv."""

import csv
import io
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection, IncompleteRead

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from api.clients import create_client
from devstack.ports import LOOPBACK
from orders.importing.addresses import ADDRESS_COLUMNS
from orders.models import Order
from tests.contract.wire import Server
from tests.factories import ProductFactory
from tests.waiting import wait_until

IMPORTED = ["reference", "customer_id", "sku", "quantity", "unit_price", "currency", "placed_at"]
COLUMNS = [*IMPORTED, "order_id", "line_no", "name", "tax_rate", "net", "status", "invoice_number", *ADDRESS_COLUMNS]
COLUMNS += ["allow_backorder", "cancelled_quantity", "tax_category", "tax_reason_code", "tax_reason", "unit_code"]
BUYER = {
    "name": "Müller & Söhne; GmbH",
    "lines": ["=1+1", "2. Stock", "@Hof"],
    "postal_code": "10115",
    "city": "Berlin",
    "subdivision": "BE",
    "country": "DE",
    "vat_id": "DE136695976",
    "email": "rechnung@example.com",
    "electronic_address": {"scheme": "0088", "id": "4006381333931"},
    "contact": {"name": "-Eva", "phone": "+49 30 1", "email": "eva@example.com"},
    "buyer_reference": "04011000-1234512345-06",
    "locale": "fr-CH",
}
SHOP = {"name": "Laden", "lines": ["Weg 1"], "city": "Wien", "country": "AT", "contact": {"phone": "1"}}
ODD = ["=1+1", "+44 1", "-5", "@SUM(A1)", "'=x", "a;=b", 'he said "no"', "plain", "naïve, 茶 🫖"]


def rows(response):
    assert response.status_code == 200, response.content
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def client(api, intake_in_transaction):
    ProductFactory(sku="TEA", name="=Tea", unit_price="4.95")
    ProductFactory(sku="MUG", unit_price="2.5")
    return api()


def place(client, **fields):
    body = {"customer_id": "C-1", "lines": [{"sku": "TEA", "quantity": 2}, {"sku": "MUG", "quantity": 1}]} | fields
    answer = client.post("/orders", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_an_order_is_a_row_for_each_line_in_the_columns_of_an_import_and_more(client):
    order = place(client, reference="PO-1")

    response = client.get("/orders.csv")
    tea, mug = rows(response)

    assert [*tea] == COLUMNS
    assert tea | {"placed_at": ""} == {
        "reference": "PO-1",
        "customer_id": "C-1",
        "sku": "TEA",
        "quantity": "2",
        "unit_price": "4.95",
        "currency": "GBP",
        "placed_at": "",
        "order_id": order["id"],
        "line_no": "1",
        "name": "'=Tea",
        "tax_rate": "0.2",
        "net": "9.90",
        "status": "placed",
        "invoice_number": "",
        **dict.fromkeys(ADDRESS_COLUMNS, ""),
        "allow_backorder": "false",
        "cancelled_quantity": "0",
        "tax_category": "S",
        "tax_reason_code": "",
        "tax_reason": "",
        "unit_code": "C62",
    }
    assert (mug["line_no"], mug["unit_price"], mug["net"]) == ("2", "2.50", "2.50")
    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response["Content-Disposition"] == 'attachment; filename="orders.csv"'


def test_an_export_of_nothing_has_its_columns(client):
    for path in ("/orders.csv", "/orders.csv/", "/invoices.csv", "/credit-notes.csv"):
        assert b"".join(client.get(path).streaming_content).count(b"\r\n") == 1


def test_the_filters_are_those_of_the_list_and_what_is_unknown_is_400(client):
    place(client, reference="PO-1")
    place(client, reference="PO-2", customer_id="C-2")

    assert {row["reference"] for row in rows(client.get("/orders.csv?customer_id=C-2&placed_from=2020-01-01"))} == {
        "PO-2"
    }
    for query in ("state=placed", "status=lost", "page_size=5", "cursor=x", "reference=", "placed_from=never"):
        response = client.get(f"/orders.csv?{query}")
        assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json"), query
        assert [error["parameter"] for error in response.json()["errors"]] == [query.partition("=")[0]]


def test_a_client_gets_its_own_orders_and_staff_gets_all(client, api):
    place(client)

    assert rows(api(name="other").get("/orders.csv")) == []
    assert len(rows(api("orders.view_order", name="staff").get("/orders.csv"))) == 2


def test_who_is_not_logged_in_gets_nothing_and_nothing_is_changed_there(client):
    for path in ("/orders.csv", "/invoices.csv", "/credit-notes.csv"):
        assert client.post(path, {}, content_type="application/json").status_code == 405
        assert client.get(path, headers={"authorization": ""}).status_code == 401


@pytest.mark.parametrize(
    ("accept", "status"), [("text/csv", 200), ("*/*", 200), ("text/html, */*;q=0.1", 200), ("image/png", 406)]
)
def test_the_suffix_says_that_it_is_csv_unless_the_client_takes_none(client, accept, status):
    assert client.get("/orders.csv", headers={"accept": accept}).status_code == status


def test_the_head_of_an_export_is_there_without_its_body(client):
    response = client.head("/orders.csv")

    assert (response.status_code, response.getvalue()) == (200, b"")
    assert response["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("text", ODD)
def test_an_export_comes_back_as_it_was_and_no_spreadsheet_executes_it(client, api, tmp_path, text):
    original = place(client, reference=text, customer_id=text)
    path = tmp_path / "orders.csv"
    path.write_bytes(b"".join(client.get("/orders.csv").streaming_content))
    for row in csv.reader(io.StringIO(path.read_text(), newline="")):
        assert not any(cell.lstrip(" '\"")[:1] in "=+-@\t\r" and cell[0] != "'" for cell in row if cell)

    exported = Order.objects.get(pk=original["id"])
    Order.objects.all().delete()

    call_command("import_orders", path)

    copy = Order.objects.get(source="import")
    assert (copy.reference, copy.customer_id) == (text, text)
    assert copy.placed_at == exported.placed_at
    assert [str(line.quantity) + line.sku for line in copy.lines.all()] == ["2TEA", "1MUG"]
    assert copy.total == exported.total


def test_addresses_come_back_as_they_were_and_no_spreadsheet_executes_them(client, tmp_path):
    place(client, reference="PO-1", bill_to=BUYER, ship_to=SHOP)
    exported = rows(client.get("/orders.csv"))
    assert {name: exported[1][name] for name in ("bill_to_name", "bill_to_street_2", "bill_to_street_3")} == {
        "bill_to_name": BUYER["name"],
        "bill_to_street_2": "2. Stock",
        "bill_to_street_3": "'@Hof",
    }
    assert not any(cell[:1] in "=+-@" for row in exported for cell in row.values() if cell)
    path = tmp_path / "orders.csv"
    path.write_bytes(b"".join(client.get("/orders.csv").streaming_content))
    original = Order.objects.get(source="api")
    Order.objects.all().delete()

    call_command("import_orders", path)

    copy = Order.objects.get(source="import")
    assert (copy.bill_to, copy.ship_to) == (original.bill_to, original.ship_to) == (BUYER, SHOP)
    assert (copy.taxes, copy.total) == (original.taxes, original.total)


def test_an_order_without_a_reference_is_exported_under_its_id(client):
    order = place(client)

    assert {row["reference"] for row in rows(client.get("/orders.csv"))} == {order["id"]}


@pytest.fixture
def server(_server, transactional_db) -> Server:
    _server.token = create_client(name="wire")
    return _server


PLACES = settings.WEB_WORKERS * settings.WEB_MAX_EXPORTS
ORDERS = 30_000  # of three lines: 12 MB, more than all buffers between the server and a client


def fill() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO orders_order (id, client_id, customer_id, reference, source, status, currency, net, tax, total,
                taxes, allow_backorder, placed_at, invoice_number)
            SELECT gen_random_uuid(), (SELECT id FROM auth_user WHERE username = 'wire'), 'C-1', 'PO-' || n, 'api',
                'placed', 'GBP', 7.50, 0, 7.50, '[]', false, now() - n * interval '1 second', ''
            FROM generate_series(1, %s) AS n
            """,
            [ORDERS],
        )
        cursor.execute(
            """
            INSERT INTO orders_orderline (order_id, line_no, sku, name, quantity, unit_price, tax_rate, net)
            SELECT id, n, 'SKU-' || n, 'A thing', 1, 2.5, 0, 2.5 FROM orders_order, generate_series(1, 3) AS n
            """
        )


def get(server: Server, path: str = "/orders.csv", method: str = "GET") -> HTTPConnection:
    """A request whose response is not read yet."""
    http = HTTPConnection(LOOPBACK, server.port, timeout=60)
    http.connect()
    http.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    http.request(method, path, headers={"Authorization": f"Bearer {server.token}", "Host": "shop"})
    return http


def status_of(server: Server, path: str = "/orders.csv") -> int:
    http = get(server, path)
    try:
        with http.getresponse() as response:
            return response.status
    finally:
        http.close()


def count_rows(server: Server) -> int:
    http = get(server)
    try:
        with http.getresponse() as response:
            return response.read().count(b"\r\n") - 1
    finally:
        http.close()


def open_transactions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


def test_those_who_read_slowly_hold_no_transaction_and_nobody_up(server):
    fill()
    slow = [get(server) for _ in range(3)]
    firsts = [http.getresponse() for http in slow]
    heads = [response.read(10_000) for response in firsts]

    wait_until(lambda: open_transactions() == 0, what="the chunks that the readers wait for are read")
    assert count_rows(server) == 3 * ORDERS
    assert status_of(server, "/orders?page_size=1") == 200
    with ThreadPoolExecutor() as pool:
        rests = list(pool.map(lambda response: response.read(), firsts))
    for http in slow:
        http.close()
    assert [(head + rest).count(b"\r\n") - 1 for head, rest in zip(heads, rests, strict=True)] == [3 * ORDERS] * 3


def test_a_file_that_breaks_off_can_not_pass_for_a_whole_one(server):
    fill()
    http = get(server)
    response = http.getresponse()
    response.read(10_000)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_orderline RENAME TO orders_elsewhere")
    try:
        with pytest.raises((IncompleteRead, ConnectionError)), response:
            response.read()
    finally:
        http.close()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE orders_elsewhere RENAME TO orders_orderline")

    wait_until(lambda: "response_broke_off" in server.log.read_text(), what="the log says so")
    assert count_rows(server) == 3 * ORDERS


def test_more_exports_than_are_made_at_a_time_are_told_to_come_again(server):
    fill()
    with ExitStack() as open_ones:
        slow = [open_ones.enter_context(closing(get(server))) for _ in range(PLACES + 1)]
        statuses = [open_ones.enter_context(http.getresponse()).status for http in slow]

        assert set(statuses) == {200, 503}
    wait_until(lambda: status_of(server) == 200, what="there is a place again")


@pytest.mark.parametrize("path", ["/orders.csv", "/invoices.csv", "/credit-notes.csv", "/taxes.csv", "/stock.csv"])
def test_the_head_of_an_export_does_not_say_that_it_is_empty(server, path):
    """RFC 9110, 8.6: a Content-Length of HEAD is that of GET, or there is none (h2o/h2o#1299, mpenet/hirundo#33)."""
    with closing(get(server, path, method="HEAD")) as http, http.getresponse() as response:
        assert (response.status, response.headers["Content-Length"]) == (200, None)
        assert response.headers["Content-Type"].startswith("text/csv")
