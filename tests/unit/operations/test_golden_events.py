"""Events of every version, kept as they were: today's readers read what was published long ago, and readers of the
first release read what is published today. tests/golden/events.json only ever grows.
"""

import json
from copy import deepcopy
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from jsonschema import Draft202012Validator

from inventory.events import OrderPlaced
from messaging.events import Event, Trace, headers_of
from operations.event_description import event_description, published
from operations.pipeline import CONSUMERS
from tests.api_changes import breaking_events

ROOT = Path(__file__).parents[3]
GOLDEN = json.loads((ROOT / "tests/golden/events.json").read_bytes())
RELEASED = ROOT / "docs/api/asyncapi.json"
VERSIONS = [(type_, version, body) for type_, versions in GOLDEN.items() for version, body in versions.items()]
NAMES = [f"{type_} {version}" for type_, version, _ in VERSIONS]
LATEST = {type_: list(versions.values())[-1] for type_, versions in GOLDEN.items()}
WRITE_IT = "manage.py schema --events --output docs/api/asyncapi.json"


class FirstLine(msgspec.Struct):
    """What readers of the first release knew."""

    line_no: int
    sku: str
    name: str
    quantity: int
    unit_price: str
    tax_rate: str
    net: str


class FirstOrder(msgspec.Struct):
    order_id: str
    reference: str
    customer_id: str
    client_id: int
    currency: str
    lines: list[FirstLine]
    net: str
    tax: str
    total: str
    placed_at: str
    allow_backorder: bool


class FirstRejection(msgspec.Struct):
    order_id: str
    reason: str
    shortages: list[dict[str, str | int]]


class FirstReservation(msgspec.Struct):
    order_id: str
    lines: list[dict[str, str | int]]


class FirstInvoice(msgspec.Struct):
    order_id: str
    number: str
    issued_at: str
    client_id: int
    customer_id: str
    currency: str
    net: str
    tax: str
    total: str


FIRST_READERS = {
    "order.placed.v1": FirstOrder,
    "order.confirmed.v1": FirstOrder,
    "order.rejected.v1": FirstRejection,
    "stock.rejected.v1": FirstRejection,
    "stock.reserved.v1": FirstReservation,
    "invoice.issued.v1": FirstInvoice,
}


def test_every_type_that_is_published_has_a_golden_event():
    assert GOLDEN.keys() == published().keys()


@pytest.mark.parametrize(("type_", "version", "body"), VERSIONS, ids=NAMES)
def test_todays_readers_read_events_of_every_version(type_, version, body):
    for consumer in CONSUMERS.values():
        if type_ not in {event.TYPE for event in consumer.handlers}:
            continue
        topic = published()[type_].TOPIC
        headers = headers_of(
            event_id=str(uuid4()),
            event_type=type_,
            topic=topic,
            subject=str(body["order_id"]),
            time="2026-01-31T12:30:00Z",
            trace=Trace(),
        )
        envelope = consumer.registry().decode(headers=headers, body=json.dumps(body).encode())
        assert envelope is not None
        assert str(envelope.event.order_id) == body["order_id"]


@pytest.mark.parametrize("type_", FIRST_READERS)
def test_readers_of_the_first_release_read_the_events_of_today(type_):
    msgspec.json.decode(published_today(type_), type=FIRST_READERS[type_])


@pytest.mark.parametrize("type_", GOLDEN)
def test_the_latest_golden_event_is_what_is_published_today(type_):
    """A field that is new in an event wants one more version in tests/golden/events.json."""
    assert json.loads(published_today(type_)) == LATEST[type_]


@pytest.mark.parametrize(("type_", "version", "body"), VERSIONS, ids=NAMES)
def test_the_description_is_right_for_events_of_every_version(type_, version, body):
    document = event_description()
    schema = document["components"]["messages"][type_]["payload"] | {"components": document["components"]}

    assert [error.message for error in Draft202012Validator(schema).iter_errors(body)] == []


def test_what_is_new_is_in_the_file():
    assert json.loads(RELEASED.read_bytes()) == event_description(), f"the description has changed: {WRITE_IT}"


def test_nothing_breaks_readers_of_the_last_release():
    assert list(breaking_events(json.loads(RELEASED.read_bytes()), event_description())) == []


def test_a_change_that_breaks_readers_is_found():
    old, renamed, gone, looser = (deepcopy(event_description()) for _ in range(4))
    del gone["components"]["messages"]["order.placed.v1"]
    order = renamed["components"]["schemas"]["orders.OrderPlaced"]
    order["properties"]["client"] = order["properties"].pop("client_id")
    order["required"].remove("client_id")
    looser["components"]["schemas"]["orders.Line"]["properties"]["quantity"] = {"type": "number"}

    assert list(breaking_events(old, gone)) == ["order.placed.v1: is gone"]
    assert list(breaking_events(old, renamed)) == ["order.placed.v1/client_id: may be missing"]
    assert len(list(breaking_events(old, looser))) == 2  # placed and confirmed


def test_a_reader_that_wants_more_than_there_was_would_be_found():
    """The check itself can fail: a reader for which a field of today is required can't read events of before."""

    class Strict(OrderPlaced, frozen=True, kw_only=True):
        bill_to: dict

    with pytest.raises(msgspec.ValidationError, match="bill_to"):
        msgspec.json.decode(json.dumps(GOLDEN["order.placed.v1"]["of the first release"]), type=Strict)


def published_today(type_: str) -> bytes:
    """The latest golden event as the publisher's struct of today writes it."""
    event = msgspec.convert(LATEST[type_], published()[type_])
    assert isinstance(event, Event)
    return msgspec.json.encode(event)
