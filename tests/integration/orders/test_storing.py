"""Writing orders: the one statement that runs stores what the readable version stores."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace

from api.idempotency import Claim, StoredResponse, stored_response
from api.models import IdempotencyRecord
from messaging.events import new_id
from messaging.models import OutboxMessage
from orders.catalogue import products_for
from orders.intake.drafts import LineRequest, OrderRequest
from orders.intake.pricing import price
from orders.intake.store import store, store_by_orm, store_by_statement
from orders.models import Order, OrderLine
from tests.factories import ProductFactory

ODD = 'quote " backslash \\ percent %s {} \N{SNOWMAN} \N{PILE OF POO}'


@pytest.fixture
def drafts(client_user):
    ProductFactory(sku="ODD", name=ODD, unit_price="0.333333", tax_rate="0.055")
    ProductFactory(sku="BIG", unit_price="999999999999.999999", tax_rate="1")
    ProductFactory(sku="YEN", unit_price="7", currency="JPY", tax_rate="0")
    requests = [
        OrderRequest(
            client_id=client_user.pk, customer_id="'; --", lines=[LineRequest("ODD", 3), LineRequest("ODD", 3)]
        ),
        OrderRequest(
            client_id=client_user.pk, customer_id="C", lines=[LineRequest("BIG", 1_000_000)], allow_backorder=True
        ),
        OrderRequest(
            client_id=client_user.pk,
            customer_id=ODD[:64],
            reference=ODD[:64],
            lines=[LineRequest("YEN", 2, unit_price=Decimal("0"))],
            placed_at=datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC),
            source=Order.Source.IMPORT,
        ),
    ]
    products = products_for({"ODD", "BIG", "YEN"})
    drafts = [price(request, products) for request in requests]
    answer = StoredResponse(bytes(range(256)), 201, "/orders/1", json.dumps({"odd \n": ODD}))
    return [replace(drafts[0], claim=Claim(client_user.pk, "'; -- \\x", answer)), *drafts[1:]]


def anew(draft, claim):
    """A copy of a draft as another order."""
    return replace(draft, order=replace(draft.order, order_id=new_id()), claim=claim)


def rows():
    """All rows that storing writes, without ids and times."""
    passing = {"id", "event_id", "created_at"}
    return [
        list(Order.objects.order_by("pk").values()),
        list(OrderLine.objects.order_by("order", "line_no").values()),
        [
            {name: value for name, value in row.items() if name not in passing}
            for model, order in ((IdempotencyRecord, "key"), (OutboxMessage, "key"))
            for row in model.objects.order_by(order).values()
        ],
    ]


def test_both_ways_store_the_same_rows(drafts):
    with transaction.atomic():
        kept = store_by_orm(drafts)
        by_orm = rows()
        transaction.set_rollback(True)
    assert store_by_statement(drafts) == kept == {drafts[0].claim}
    assert rows() == by_orm
    assert IdempotencyRecord.objects.get().body == drafts[0].claim.response.body
    assert [len(table) for table in by_orm] == [3, 4, 1 + 3]


@pytest.mark.parametrize("way", [store_by_statement, store_by_orm])
def test_both_ways_leave_out_what_was_claimed_before(drafts, way):
    way(drafts[:1])
    mine = Claim(1, "mine", StoredResponse(b"", 201, "", "{}"))
    rival = Claim(*drafts[0].claim.name, mine.response)
    late = [anew(drafts[0], rival), replace(drafts[1], claim=mine), drafts[2]]
    assert way(late) == {mine}
    assert set(Order.objects.values_list("pk", flat=True)) == {draft.id for draft in (drafts[0], *late[1:])}
    assert (OrderLine.objects.count(), OutboxMessage.objects.count()) == (4, 3)
    assert stored_response(*rival.name) == drafts[0].claim.response


def test_many_lines_take_several_statements(drafts, monkeypatch, django_assert_num_queries):
    """A claim may be shared by orders in several of them."""
    monkeypatch.setattr("orders.intake.store._MOST_LINES", 2)
    store([anew(drafts[1], drafts[0].claim)])
    shared = Claim(1, "shared", StoredResponse(b"", 200, "", "{}"))
    late = [anew(drafts[n], claim) for n, claim in enumerate((shared, drafts[0].claim, shared))]
    with django_assert_num_queries(5):  # a savepoint, claims, two lines, one line and one, the savepoint's release
        assert store(late) == {shared}
    assert set(Order.objects.exclude(customer_id="C").values_list("pk", flat=True)) == {late[0].id, late[2].id}
    assert IdempotencyRecord.objects.count() == 2


@pytest.mark.parametrize("way", [store_by_statement, store_by_orm])
def test_both_ways_store_all_or_nothing(drafts, way):
    way(drafts[2:])
    with pytest.raises(IntegrityError), transaction.atomic():
        way(drafts)  # the last one was imported before
    assert Order.objects.count() == OrderLine.objects.count() == OutboxMessage.objects.count() == 1
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize(("statement", "inserts"), [("single", 1), ("orm", 4)])
def test_a_setting_chooses(drafts, settings, statement, inserts):
    settings.INTAKE_STATEMENT = statement
    settings.DATABASE_PREPARED_STATEMENTS = False  # whose text would be elsewhere
    with CaptureQueriesContext(connection) as queries:
        store(drafts)

    assert sum("INSERT INTO" in query["sql"] for query in queries) == inserts
    assert Order.objects.count() == len(drafts)
