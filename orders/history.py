"""What happened to an order: its timeline, and what was sent of it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.contrib.auth import get_user_model

from common.traceparents import trace_id_of
from orders.causes import UNKNOWN, Cause, by_command, by_user
from orders.events import LineQuantity, OrderPlaced
from orders.lifecycle.announcements import recorded_shipments_of
from orders.models import Order


class CauseOut(msgspec.Struct, frozen=True):
    """By what it came about: an event by its id, a person or a client by the user name, a command by its name.

    Attributes:
        id: null of a user, other than oneself, for who may not view all orders.
    """

    kind: Annotated[str, msgspec.Meta(extra_json_schema={"enum": Cause.Kind.values})]
    id: str | None


class TimelineItem(msgspec.Struct, frozen=True):
    """A step, with the ids of the request that it came by and of the trace where they are known: of the first."""

    at: datetime
    event: str
    detail: dict[str, Any]
    cause: CauseOut | None
    request_id: str | None = None
    trace_id: str | None = None


HANDLING_STATES = ["handled", "outbox", "parked", "published", "dead_letter", "discarded"]


class HandlingOut(msgspec.Struct, frozen=True):
    """What a consumer has made of an event: handled, with when and how many seconds after it was recorded, or else
    where the event is: in the outbox, parked there, published, a dead letter, or discarded.
    """

    consumer: str
    state: Annotated[str, msgspec.Meta(extra_json_schema={"enum": HANDLING_STATES})]
    at: datetime | None
    seconds: float | None


class OrderEventOut(msgspec.Struct, frozen=True):
    """An event of an order; `about` is the number of a document or shipment where it is about one. The ids are those of
    the request that it came by, and of the trace, where they are known.
    """

    event: str
    recorded_at: datetime
    about: str | None
    handled: list[HandlingOut]
    request_id: str | None = None
    trace_id: str | None = None


EventsOf = Callable[[Order], Sequence[OrderEventOut]]  # of an order over all apps, oldest first


class ShipmentOut(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    shipped_at: datetime
    tracking: str | None
    lines: list[LineQuantity]


def no_events(_order: Order) -> list[OrderEventOut]:
    """`EventsOf` where no other app is known."""
    return []


def timeline_of(order: Order, *, reader: str | None = None) -> list[TimelineItem]:
    """What happened to an order, oldest first, each step with its cause where that is known.

    Args:
        reader: a user name, of who is told of no other user; None: of who may know what staff does.
    """
    placed = TimelineItem(
        order.placed_at,
        OrderPlaced.TYPE,
        {},
        _cause_out(_cause_of_placing(order), reader),
        order.correlation_id or None,
        trace_id_of(order.traceparent) or None,
    )
    steps = [
        TimelineItem(each.at, each.event, each.detail, _cause_out(each.cause, reader)) for each in order.timeline.all()
    ]
    return [placed, *steps]


def shipments_of(order: Order) -> list[ShipmentOut]:
    """What was sent of an order, oldest first."""
    return [
        ShipmentOut(
            number=event.shipment, shipped_at=event.shipped_at, tracking=event.tracking or None, lines=event.lines
        )
        for event in recorded_shipments_of([order.pk]).values()
    ]


def _cause_of_placing(order: Order) -> Cause:
    if order.source == Order.Source.IMPORT:
        return by_command("import_orders")
    client = get_user_model().objects.filter(pk=order.client_id).first()
    return by_user(client.get_username()) if client else UNKNOWN


def _cause_out(cause: Cause, reader: str | None) -> CauseOut | None:
    if not cause.id:
        return None
    is_hidden = reader is not None and cause.kind == Cause.Kind.USER and cause.id != reader
    return CauseOut(cause.kind, None if is_hidden else cause.id)
