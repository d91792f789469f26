"""Old code beside a newer schema, as in a rolling update: our tables have columns that this code does not know."""

import io
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test import Client

from api.clients import create_client
from api.rate_limits.shared import settle
from inventory.models import StockMovement
from inventory.services import set_on_hand
from invoicing.models import Invoice
from messaging.models import ConsecutiveFailures, DeadLetter, InboxEntry
from operations.audit.run import audit
from operations.pipeline import CONSUMERS
from orders.intake.place_orders import writers
from orders.models import Order
from orders.transitions import Status
from tests.replays import replay
from tests.stock import book_movement

OURS = ("api", "inventory", "invoicing", "messaging", "orders")
COLUMNS = {
    "newer_text": "text NOT NULL DEFAULT 'new'",
    "newer_number": "integer NOT NULL DEFAULT 7",
    "newer_default": "jsonb DEFAULT '[]'",
    "newer_empty": "timestamptz",
}


def tables() -> list[str]:
    models = (model for app in OURS for model in apps.get_app_config(app).get_models())
    return [model._meta.db_table for model in models if model._meta.managed]


def columns_by_table() -> dict[str, dict[str, str]]:
    """The columns of our tables with their types, by the names of the tables."""
    columns: dict[str, dict[str, str]] = {table: {} for table in tables()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attrelid::regclass::text, attname, format_type(atttypid, NULL) FROM pg_attribute"
            " WHERE attrelid = ANY(%s::regclass[]) AND attnum > 0 AND NOT attisdropped",
            [list(columns)],
        )
        for table, name, type_ in cursor.fetchall():
            columns[table][name] = type_
    return columns


def change_all(change: str, added: Mapping[str, Mapping[str, str]]) -> None:
    with connection.cursor() as cursor:
        for table, columns in added.items():
            changes = (change.format(name=name, definition=definition) for name, definition in columns.items())
            cursor.execute(f"ALTER TABLE {table} {', '.join(changes)}")


@pytest.fixture(autouse=True)
def _newer_schema(transactional_db) -> Iterator[None]:
    """Each table has new columns: also all those that the others have, by whose names a statement may mean another."""
    known = columns_by_table()
    of_all = {name: type_ for columns in known.values() for name, type_ in columns.items()}
    added = {
        table: COLUMNS | {name: type_ for name, type_ in of_all.items() if name not in columns}
        for table, columns in known.items()
    }
    change_all('ADD COLUMN "{name}" {definition}', added)
    yield
    change_all('DROP COLUMN "{name}"', added)


@pytest.fixture
def stock(transactional_db) -> None:
    set_on_hand(levels={"MUG": 5, "TEA": 5})
    book_movement(sku="MUG", kind=StockMovement.Kind.RECEIPT, quantity=5, actor="ann")


def statuses() -> list[str]:
    return sorted(Order.objects.values_list("status", flat=True))


def unknown_values(table: str) -> set[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT {', '.join(COLUMNS)} FROM {table}")
        return set(cursor.fetchall())


def test_orders_go_all_their_way_and_new_columns_have_their_defaults(stock, place, run_system):
    place(MUG=2, TEA=1), place(MUG=3), place(TEA=99)
    run_system()

    assert statuses() == [Status.CONFIRMED, Status.CONFIRMED, Status.REJECTED]
    assert Invoice.objects.count() == 2
    assert not DeadLetter.objects.exists()
    for table in ("orders_order", "orders_orderline", "orders_timelineentry", "invoicing_invoice"):
        assert unknown_values(table) == {("new", 7, "[]", None)}, table
    for table in ("inventory_reservation", "inventory_stockmovement", "inventory_stockanswer", "messaging_inboxentry"):
        assert unknown_values(table) == {("new", 7, "[]", None)}, table
    assert audit(waiting_limit=timedelta(0)).violations == []


def test_orders_placed_by_the_api_and_imported_go_all_their_way(stock, place, run_system, tmp_path):
    place(MUG=1)
    client = Client(headers={"authorization": f"Bearer {create_client(name='shop', permissions=())}"})
    body = {"customer_id": "C-1", "lines": [{"sku": "MUG", "quantity": 1}]}
    headers = {"Idempotency-Key": "a-key"}
    answers = [
        client.post("/orders", body, content_type="application/json", headers=headers).json()["id"] for _ in range(2)
    ]
    writers.stop()  # their connection, too
    rows = ("reference,customer_id,sku,quantity,unit_price,currency", "R-1,C-1,MUG,1,,", "R-2,C-1,NEW,2,1.50,GBP")
    (tmp_path / "orders.csv").write_text("\n".join(rows))
    call_command(
        "import_orders", str(tmp_path / "orders.csv"), "--create-products", "--on-hand", "9", stdout=io.StringIO()
    )
    run_system()

    assert answers[0] == answers[1]
    assert statuses() == [Status.CONFIRMED] * 4
    assert audit(waiting_limit=timedelta(0)).violations == []


def test_dead_letters_are_kept_counted_and_replayed(stock, place, run_system, mugs_break):
    with mugs_break():
        place(MUG=1)
        run_system()
    (letter,) = DeadLetter.objects.all()
    assert ConsecutiveFailures.objects.get().count == 1

    assert replay([letter.pk], CONSUMERS) == (1, 0)
    run_system()

    assert statuses() == [Status.CONFIRMED]
    assert InboxEntry.objects.filter(consumer="inventory").count() == 1


def test_clients_are_counted_and_limited():
    browser = Client()
    answers = [browser.post("/admin/login/", {"username": "ann", "password": "no"}).status_code for _ in range(2)]

    assert answers == [200, 200]
    assert set(settle({1: 0.5}, 1.0)) == {1}
    assert set(settle({1: 0.5}, 1.0)) == {1}
