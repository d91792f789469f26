"""Storing orders: a batch in one transaction, an outcome for each."""

import json
from functools import partial

import pytest
from django.db import IntegrityError

from api.models import IdempotencyRecord
from messaging.models import OutboxMessage
from orders.intake.drafts import AlreadyImported, DuplicateKey, LineRequest, Placed
from orders.intake.place_orders import place_orders
from orders.models import Order, OrderLine
from tests.concurrency import at_once, one_after_the_other
from tests.factories import ProductFactory

IMPORT = Order.Source.IMPORT


def stored_body(key: str) -> str:
    return IdempotencyRecord.objects.get(key=key).body


def test_an_order_is_stored_with_its_lines_and_its_event(draft):
    ProductFactory(sku="TEA", unit_price="0.335", tax_rate="0")
    wanted = draft(reference="PO-1", lines=[LineRequest("TEA", 3), LineRequest("MUG", 1), LineRequest("TEA", 1)])

    assert place_orders([wanted]) == [Placed(wanted)]

    order = Order.objects.get()
    lines = OrderLine.objects.order_by("line_no").values_list("line_no", "sku", "quantity", "net")
    assert [(no, sku, quantity, str(net)) for no, sku, quantity, net in lines] == [
        (1, "TEA", 3, "1.0100"),
        (2, "MUG", 1, "2.5000"),
        (3, "TEA", 1, "0.3400"),
    ]
    assert (order.status, order.reference) == ("placed", "PO-1")
    assert [str(amount) for amount in (order.net, order.tax, order.total)] == ["3.8500", "0.5000", "4.3500"]
    event = OutboxMessage.objects.get()
    body = json.loads(event.body)
    assert (event.type, event.topic, event.key, event.correlation_id) == (
        "order.placed.v1",
        "orders",
        str(order.pk),
        "request-1",
    )
    assert (body["net"], body["tax"], body["total"]) == ("3.85", "0.50", "4.35")
    assert body["lines"][0] == {
        "line_no": 1,
        "sku": "TEA",
        "name": "Product TEA",
        "quantity": 3,
        "unit_price": "0.335",
        "tax_rate": "0",
        "net": "1.01",
        "unit_code": "C62",
        "tax_category": "Z",
    }
    assert body["client_id"] == order.client_id


def test_a_batch_costs_one_query(draft, claim, django_assert_num_queries):
    drafts = [draft(claim=claim(f"k{n}")) for n in range(30)]
    for batch in (drafts[:1], drafts[1:]):
        with django_assert_num_queries(1):
            place_orders(batch)


def test_a_key_that_was_used_gets_the_stored_response_and_stores_nothing(draft, claim):
    place_orders([draft(claim=claim("k", body='{"first": 1}'))])

    (outcome,) = place_orders([draft(claim=claim("k", body='{"second": 2}'))])

    assert outcome == DuplicateKey()
    assert stored_body("k") == '{"first": 1}'
    assert Order.objects.count() == OutboxMessage.objects.count() == 1


def test_one_used_key_does_not_fail_the_batch(draft, claim):
    place_orders([draft(claim=claim("k"))])

    outcomes = place_orders([draft(claim=claim("a")), draft(claim=claim("k")), draft()])

    assert [type(outcome) for outcome in outcomes] == [Placed, DuplicateKey, Placed]
    assert Order.objects.count() == 3


def test_the_same_key_twice_in_a_batch_counts_once(draft, claim):
    outcomes = place_orders([draft(claim=claim("k", body="1")), draft(claim=claim("k", body="2"))])

    assert [type(outcome) for outcome in outcomes] == [Placed, DuplicateKey]
    assert Order.objects.count() == 1


def test_orders_that_share_a_claim_are_stored_together(draft, claim):
    shared = claim("bulk")

    outcomes = place_orders([draft(claim=shared), draft(claim=shared)])

    assert [type(outcome) for outcome in outcomes] == [Placed, Placed]
    assert IdempotencyRecord.objects.count() == 1


def test_keys_of_different_clients_never_meet(draft, claim):
    place_orders([draft(claim=claim("k"))])

    (outcome,) = place_orders([draft(claim=claim("k", client_id=987654))])

    assert isinstance(outcome, Placed)


def test_a_reference_is_imported_once(draft):
    place_orders([draft(reference="536365", source=IMPORT)])

    outcomes = place_orders([draft(reference="536365", source=IMPORT), draft(reference="536366", source=IMPORT)])

    assert [type(outcome) for outcome in outcomes] == [AlreadyImported, Placed]


def test_a_batch_that_was_imported_before_costs_the_look_only(draft, django_assert_num_queries):
    place_orders([draft(reference="536365", source=IMPORT)])

    again = [draft(reference="536365", source=IMPORT)]
    with django_assert_num_queries(1):
        assert place_orders(again) == [AlreadyImported()]


def test_clients_may_use_a_reference_again(draft):
    outcomes = place_orders([draft(reference="PO-1"), draft(reference="PO-1")])

    assert [type(outcome) for outcome in outcomes] == [Placed, Placed]


def test_a_batch_that_fails_leaves_nothing_behind(transactional_db, draft, claim):
    with pytest.raises(IntegrityError):
        place_orders(
            [
                draft(claim=claim("k")),
                draft(reference="1", source=IMPORT),
                draft(reference="1", source=IMPORT),
            ]
        )

    assert not Order.objects.exists()
    assert not OutboxMessage.objects.exists()
    assert not IdempotencyRecord.objects.exists()


def test_the_same_key_at_the_same_time_makes_one_order(transactional_db, draft, claim):
    """Pitfall: idempotency by "have I seen this key?" then insert races."""
    outcomes: list[object] = []

    def place(body: str) -> None:
        outcomes.extend(place_orders([draft(claim=claim("k", body=body))]))

    one_after_the_other(lambda: place('{"n": 1}'), lambda: place('{"n": 2}'))

    placed, answered = outcomes
    assert isinstance(placed, Placed)
    assert answered == DuplicateKey()
    assert stored_body("k") == '{"n": 1}'
    assert Order.objects.count() == 1


def test_the_same_key_many_times_at_once_makes_one_order(transactional_db, draft, claim):
    threads, outcomes = 8, []

    def place(body: str) -> None:
        outcomes.extend(place_orders([draft(claim=claim("k", body=body))]))

    at_once([partial(place, str(number)) for number in range(threads)])

    placed = [outcome for outcome in outcomes if isinstance(outcome, Placed)]
    assert outcomes.count(DuplicateKey()) == threads - 1
    assert len(placed) == Order.objects.count() == 1
    assert placed[0].draft.claim is not None
    assert stored_body("k") == placed[0].draft.claim.response.body
