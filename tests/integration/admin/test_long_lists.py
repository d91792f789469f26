"""Lists of long tables: a page reads as many rows as it shows, wherever what it looks for lies.

Public reports of other systems, of which each kind is tried here: counting all rows (django/django#3260,
medusajs/medusa#6607, woocommerce/woocommerce#43813), the last page (umbraco/Umbraco.Commerce.Issues#420), a filter that
only old rows pass (saleor/saleor#13743, saleor/saleor#13810), orders by what their lines say
(umbraco/Umbraco.Commerce.Issues#784), failed jobs among many (hangfire-postgres/Hangfire.PostgreSql#325,
akodkod/solid-queue-dashboard#2), the first page (saleor/saleor#13064).
"""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Kind, ReservationDecision
from messaging.models import DeadLetter
from operations.audit import run
from operations.audit.ledger import LEDGER
from orders import admin_orders
from tests.audits import examine
from tests.factories import UserFactory
from tests.plans import most_rows_read

ROWS = 20_000
MOST = 1_000  # rows that a step of a query may read, for a page of 50

TABLES = """orders_order, orders_orderline, inventory_stockanswer, inventory_stockmovement, invoicing_invoice,
    messaging_deadletter, api_idempotencyrecord"""

# The rows that filters look for are the oldest.
MANY = """
    INSERT INTO orders_order (id, client_id, customer_id, reference, source, status, currency, net, tax, total, taxes,
        allow_backorder, placed_at, invoice_number, rejection)
    SELECT lpad(to_hex(n), 32, '0')::uuid, %(client)s, 'C-' || n %% 2, 'PO-' || n, 'api',
        CASE n WHEN 1 THEN 'placed' WHEN 2 THEN 'backordered' WHEN 3 THEN 'rejected' ELSE 'confirmed' END,
        'GBP', 10, 0, 10, '[]', false, now() - INTERVAL '1 year' + n * INTERVAL '1 minute', '',
        CASE n WHEN 3 THEN '{"reason": "insufficient_stock", "shortages": []}'::jsonb END
    FROM generate_series(1, %(rows)s) AS n;

    INSERT INTO orders_orderline (order_id, line_no, sku, name, quantity, unit_price, tax_rate, net)
    SELECT lpad(to_hex(n), 32, '0')::uuid, 1, CASE WHEN n < 4 THEN 'RARE' ELSE 'MUG' END, 'A mug', 1, 10, 0, 10
    FROM generate_series(1, %(rows)s) AS n;

    INSERT INTO inventory_stockanswer (order_id, outcome, shortages, at)
    SELECT lpad(to_hex(n), 32, '0')::uuid,
        CASE n WHEN 1 THEN 'cancelled' WHEN 2 THEN 'backordered' WHEN 3 THEN 'rejected' ELSE 'reserved' END,
        CASE WHEN n IN (2, 3) THEN '[{"sku": "RARE", "asked": 1, "available": 0}]'::jsonb ELSE '[]' END, now()
    FROM generate_series(1, %(rows)s) AS n;

    INSERT INTO inventory_stockmovement (sku, kind, on_hand_change, reserved_change, order_id, note, actor, reference)
    VALUES ('MUG', 'receipt', 10, 0, NULL, '', '', ''), ('MUG', 'adjustment', 1, 0, NULL, '', '', ''),
        ('MUG', 'release', 0, -1, %(order)s, '', '', ''), ('MUG', 'return', 1, 0, %(order)s, '', '', 'CN-1');
    INSERT INTO inventory_stockmovement (sku, kind, on_hand_change, reserved_change, order_id, note, actor)
    SELECT 'MUG', 'reservation', 0, 1, lpad(to_hex(n), 32, '0')::uuid, '', '' FROM generate_series(1, %(rows)s) AS n;

    INSERT INTO invoicing_invoice (number, series, year, sequence, order_id, order_reference, client_id, customer_id,
        issued_at, issuer, bill_to, currency, lines, taxes, net, tax, total)
    SELECT 'INV-2026-' || lpad(n::text, 6, '0'), 'INV', 2026, n, lpad(to_hex(n), 32, '0')::uuid, '', %(client)s,
        'C-' || n %% 2, now() - INTERVAL '1 year' + n * INTERVAL '1 minute', '{}', '{}', 'GBP', '[]', '[]', 10, 0, 10
    FROM generate_series(1, %(rows)s) AS n;

    INSERT INTO messaging_deadletter (consumer, topic, partition, "offset", timestamp, key, event_type, headers, body,
        state, error, traceback, attempts, created_at, resolved_at, resolved_by, reason)
    SELECT 'inventory', 'orders', 0, n, n, 'key ' || n, 'order.placed.v1', '[]', '',
        CASE n WHEN 1 THEN 'failed' WHEN 2 THEN 'waiting' WHEN 3 THEN 'deferred' WHEN 4 THEN 'discarded'
            ELSE 'replayed' END,
        'KeyError: ' || n, '', 1, now() - INTERVAL '1 year' + n * INTERVAL '1 minute',
        CASE WHEN n > 3 THEN now() END, '', ''
    FROM generate_series(1, %(rows)s) AS n;

    INSERT INTO api_idempotencyrecord (client_id, key, fingerprint, status, location, body, created_at)
    SELECT %(client)s, 'key-' || n, '', 201, '', '{}', now() - n * INTERVAL '1 minute'
    FROM generate_series(1, %(rows)s) AS n;
"""


@pytest.fixture
def many(db):
    """ROWS rows in each long table, and none that other tests rolled back: the planner counts those, too.

    Nor does it take the table of users, which they are joined with, for empty.
    """
    parameters = {"rows": ROWS, "client": UserFactory().pk, "order": "00000000-0000-0000-0000-000000000005"}
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES} CASCADE")
        cursor.execute(MANY, parameters)
        cursor.execute(f"ANALYZE {TABLES}, auth_user")


PAGES = (
    "/admin/",
    "/operations/",
    *(
        f"/admin/orders/order/{query}"
        for query in (
            *(
                "",
                "?status__exact=placed",
                "?status__exact=backordered",
                "?status__exact=rejected",
                "?q=PO-1",
                "?q=C-1",
            ),
            *("?status__exact=cancelled", "?q=RARE", "?q=MUG", "?q=MUG&status__exact=rejected", "?q=NOBODY"),
            *("?q=C-1&status__exact=rejected", "?placed_at_to=2000-01-01", "?placed_at_from=2100-01-01"),
            "?status__exact=rejected&placed_at_to=2100-01-01",
        )
    ),
    *(
        f"/admin/inventory/stockmovement/{query}"
        for query in ("", "?q=MUG", *(f"?kind__exact={kind}" for kind in Kind.values))
    ),
    *(
        f"/admin/inventory/reservationdecision/{query}"
        for query in ("", *(f"?outcome__exact={outcome}" for outcome in ReservationDecision.Outcome.values))
    ),
    *(
        f"/admin/messaging/deadletter/{query}"
        for query in ("", "?state=all", "?cause=KeyError", *(f"?state={state}" for state in DeadLetter.UNRESOLVED))
    ),
    *(
        f"/admin/{app}/{query}"
        for app, query in (
            ("invoicing/invoice", ""),
            ("invoicing/invoice", "?q=C-1"),
            ("invoicing/invoice", "?q=INV-2026-000001"),
            ("invoicing/creditnote", ""),
            ("inventory/stockitem", ""),
            ("messaging/outboxmessage", ""),
            ("messaging/replay", ""),
            ("api/idempotencyrecord", ""),
            ("api/idempotencyrecord", "?q=key-1"),
        )
    ),
)


def test_a_page_reads_about_as_many_rows_as_it_shows(many, superuser, monkeypatch):
    monkeypatch.setattr(admin_orders, "MOST_WITH_SKU", 100)
    read = {}
    for page in PAGES:
        with CaptureQueriesContext(connection) as queries:
            assert superuser.get(page).status_code == 200, page
        read[page] = most_rows_read(queries.captured_queries)

    assert [f"{rows} rows of {page}" for page, rows in read.items() if rows > MOST] == []


@pytest.mark.parametrize(
    "pages",
    [
        "/admin/orders/order/",
        "/admin/orders/order/?q=C-1&status__exact=confirmed",
        "/admin/inventory/stockmovement/",
        "/admin/inventory/reservationdecision/?outcome__exact=reserved",
        "/admin/invoicing/invoice/",
        "/admin/messaging/deadletter/?state=all",
        "/admin/api/idempotencyrecord/",
    ],
)
def test_of_a_deep_page_no_more_is_read_than_of_the_first(many, superuser, pages):
    """umbraco/Umbraco.Commerce.Issues#420: the last page of a long list never came."""
    rows = superuser.get(pages).context["cl"].queryset
    deep = str(rows.values_list("pk", flat=True)[rows.count() * 9 // 10])
    for parameter in ("after", "before"):
        with CaptureQueriesContext(connection) as queries:
            found = superuser.get(pages, {**_query(pages), parameter: deep}).context["cl"]

        assert most_rows_read(queries.captured_queries) <= MOST
        assert 0 < len(found.result_list) <= 50


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def test_pages_have_each_row_once_on_the_way_there_and_back(superuser, place):
    for number in range(120):
        place(reference=f"PO-{number}", MUG=1)
    pages, url = [], "/admin/orders/order/"
    while url:
        shown = superuser.get(f"/admin/orders/order/{url}" if url.startswith("?") else url).context["cl"]
        pages.append([order.reference for order in shown.result_list])
        url, back = shown.next_url, shown.previous_url
    assert [len(page) for page in pages] == [50, 50, 20]
    assert [reference for page in pages for reference in page] == [f"PO-{number}" for number in reversed(range(120))]

    again = superuser.get(f"/admin/orders/order/{back}").context["cl"]
    first = superuser.get(f"/admin/orders/order/{again.previous_url}").context["cl"]
    assert [[order.reference for order in page.result_list] for page in (first, again)] == pages[:2]
    assert (first.previous_url, bool(first.next_url)) == ("", True)


@pytest.mark.parametrize("place_of_it", ["nothing", "\x00", "", "018f0000-0000-7000-8000-000000000000"])
def test_a_page_behind_a_row_that_there_is_not_is_the_first(superuser, place, place_of_it):
    order = place(reference="PO-1", MUG=1)

    assert list(superuser.get("/admin/orders/order/", {"after": place_of_it}).context["cl"].result_list) == [order]


def test_no_document_pays_for_an_index_that_nobody_searches_by(db):
    """Django makes one for patterns beside each unique text, which lists of big tables do not search for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_indexes WHERE indexdef LIKE '%pattern_ops%'")
        tables = {table for (table,) in cursor.fetchall()}

    assert not tables & {
        *("orders_order", "orders_orderline", "inventory_stockmovement", "inventory_stockanswer"),
        *("invoicing_invoice", "invoicing_creditnote", "operations_invoiceseal", "operations_creditnoteseal"),
    }


def test_the_audit_reads_the_orders_that_were_short_and_no_others_for_each_range_of_skus(many, monkeypatch):
    (check,) = (each for each in LEDGER if each.name == "shortages_stand_in_the_ledger")
    monkeypatch.setattr(run, "CHECKS", [check])
    with CaptureQueriesContext(connection) as queries:
        examine(waiting_limit=timedelta(minutes=5))

    (statement,) = (query["sql"] for query in queries.captured_queries if "AS until" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement.replace('%', '%%')}", ())
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "stock_decision_short" in plan
    assert "Seq Scan on inventory_stockanswer" not in plan
