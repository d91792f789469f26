"""Corruptions of stored responses."""

import json
from datetime import timedelta

import msgspec
from django.utils import timezone

from api.models import IdempotencyRecord
from tests.integration.audit.corruptions.prices import withdrawn_price_of_the_mug
from tests.integration.audit.corruptions.table import corruption

SAYS = "stored_response_says_what_was_stored"
LINES = "stored_response_has_the_lines_of_its_order"
GIVEN = "stored_response_is_one_that_is_given"
ADDS_UP = "stored_bulk_response_adds_up"


@corruption("accepted_order_is_there")
def _an_accepted_order_that_was_deleted_with_all_its_rows(shop, sql):
    order = shop.place_once("gone", MUG=1)
    for statement in (
        "DELETE FROM orders_orderline WHERE order_id = %s",
        "DELETE FROM messaging_outboxmessage WHERE key = %s::text",
        "DELETE FROM orders_order WHERE id = %s",
    ):
        sql(statement, order.pk)


@corruption("accepted_order_is_there")
def _an_order_accepted_in_bulk_that_was_deleted(shop, sql):
    order = shop.place_in_bulk("gone", MUG=1)
    for statement in (
        "DELETE FROM orders_orderline WHERE order_id = %s",
        "DELETE FROM messaging_outboxmessage WHERE key = %s::text",
        "DELETE FROM orders_order WHERE id = %s",
    ):
        sql(statement, order.pk)


@corruption(GIVEN)
def _a_response_with_another_status(shop, sql):
    IdempotencyRecord.objects.filter(key="first").update(status=409)


@corruption(GIVEN)
def _a_bulk_response_with_another_status(shop, sql):
    IdempotencyRecord.objects.filter(key="many").update(status=201)


@corruption(GIVEN)
def _a_response_with_the_location_of_another_order(shop, sql):
    location = f"http://testserver/orders/{shop.confirmed.pk}"
    IdempotencyRecord.objects.filter(key="first").update(location=location)


@corruption(GIVEN, "accepted_order_is_there")
def _a_response_that_is_no_json(shop, sql):
    IdempotencyRecord.objects.filter(key="first").update(body="<html>\x1b[2J")


@corruption(GIVEN)
def _a_response_of_nothing_known(shop, sql):
    IdempotencyRecord.objects.filter(key="many").update(body='{"ok": true}')


@corruption(GIVEN)
def _a_response_without_a_fingerprint(shop, sql):
    IdempotencyRecord.objects.filter(key="first").update(fingerprint=b"")


@corruption(SAYS, LINES)
def _a_response_with_another_orders_id(shop, sql):
    other = str(shop.invoiced[1].pk)
    record = IdempotencyRecord.objects.get(key="first")
    own = str(shop.invoiced[0].pk)
    location = record.location.replace(own, other)
    IdempotencyRecord.objects.filter(key="first").update(body=record.body.replace(own, other), location=location)


@corruption(SAYS)
def _a_response_with_another_total(shop, sql):
    _change("first", total="0.01")


@corruption(SAYS)
def _a_response_with_another_customer(shop, sql):
    _change("first", customer_id="C-2")


@corruption(SAYS)
def _a_response_of_another_status_of_the_order(shop, sql):
    _change("first", status="confirmed", invoice_number="INV-1")


@corruption(SAYS)
def _a_response_that_says_more(shop, sql):
    _change("first", discount="100 %")


@corruption(SAYS)
def _a_response_of_another_client(shop, sql):
    IdempotencyRecord.objects.filter(key="first").update(client_id=shop.client_id + 1)


@corruption(SAYS, LINES)
def _a_response_that_is_no_order_any_more(shop, sql):
    """It can't be judged, which is a violation, and does not end the audit."""
    _change("first", total="much", lines=[{"line_no": "one"}])


@corruption(LINES)
def _a_response_with_another_line(shop, sql):
    body = json.loads(IdempotencyRecord.objects.get(key="first").body)
    _change("first", lines=[body["lines"][0] | {"unit_price": "0.01"}, body["lines"][1]])


@corruption(LINES)
def _a_response_with_a_line_that_says_more(shop, sql):
    body = json.loads(IdempotencyRecord.objects.get(key="first").body)
    _change("first", lines=[body["lines"][0] | {"note": "x"}, body["lines"][1]])


@corruption(ADDS_UP)
def _a_bulk_response_that_says_more_were_accepted(shop, sql):
    _change("many", accepted=2, refused=0)


@corruption(ADDS_UP)
def _a_bulk_response_without_the_refused(shop, sql):
    _change("many", results=_results()[:1])


@corruption(ADDS_UP)
def _a_bulk_response_whose_refused_order_was_accepted(shop, sql):
    _change("many", results=[_results()[0], _results()[1] | {"status": 201}])


@corruption(SAYS)
def _a_bulk_response_with_another_total(shop, sql):
    order = _results()[0]["order"] | {"total": "0.01"}
    _change("many", results=[_results()[0] | {"order": order}, _results()[1]])


MOVEMENT = {
    "id": 1,
    "sku": "MUG",
    "kind": "receipt",
    "on_hand_change": 10**6,
    "reserved_change": 0,
    "order_id": None,
    "note": None,
    "actor": "ann",
    "at": "2026-01-01T00:00:00Z",
}


@corruption("stored_response_of_a_movement_is_the_ledgers")
def _a_response_of_another_movement(shop, sql):
    _store(shop, MOVEMENT)


@corruption("stored_response_of_a_movement_is_the_ledgers")
def _a_response_of_a_stock_take_that_was_not_booked(shop, sql):
    _store(shop, {"movements": [MOVEMENT | {"kind": "adjustment", "counted": 7}]})


@corruption("price_that_was_told_is_set")
def _a_response_of_a_price_that_is_not_set(shop, sql):
    times = {"valid_from": "2026-01-01T00:00:00Z", "set_at": "2026-01-01T00:00:00Z"}
    _store(shop, {"unit_price": "0.01", "currency": "GBP", "price_list": "GBP", "actor": "ann"} | times)


@corruption("price_that_was_told_is_set")
def _a_response_of_a_price_that_was_withdrawn_by_another(shop, sql):
    price = withdrawn_price_of_the_mug()
    columns = ("unit_price", "valid_from", "set_at", "actor", "withdrawn_at")
    told = {name: getattr(price, name) for name in columns} | {"id": price.pk, "currency": "GBP", "price_list": "GBP"}
    _store(shop, json.loads(msgspec.json.encode(told | {"withdrawn_by": "bob"})), status=200)


def _store(shop, body, status=201):
    IdempotencyRecord.objects.create(
        client_id=shop.client_id, key="stored", fingerprint=b"f" * 32, status=status, body=json.dumps(body)
    )


@corruption("response_was_stored_with_its_order")
def _a_response_that_was_stored_tomorrow(shop, sql):
    """It would be kept, and replayed, for a day longer."""
    IdempotencyRecord.objects.filter(key="first").update(created_at=timezone.now() + timedelta(days=1))


@corruption("response_was_stored_with_its_order")
def _a_response_that_was_stored_a_year_ago(shop, sql):
    IdempotencyRecord.objects.filter(key="many").update(created_at=timezone.now() - timedelta(days=365))


def _results():
    return json.loads(IdempotencyRecord.objects.get(key="many").body)["results"]


def _change(key, **changes):
    body = json.loads(IdempotencyRecord.objects.get(key=key).body)
    IdempotencyRecord.objects.filter(key=key).update(body=json.dumps(body | changes))
