from collections.abc import Callable

import msgspec
import pytest

from inventory.events import OrderedLine, OrderPlaced
from messaging.events import Event, new_id
from messaging.models import OutboxMessage

Placed = Callable[..., OrderPlaced]


@pytest.fixture
def placed() -> Placed:
    """A function that makes the event of an order of (sku, quantity) lines."""

    def make(*lines: tuple[str, int], allow_backorder: bool = False) -> OrderPlaced:
        return OrderPlaced(
            order_id=new_id(),
            lines=[OrderedLine(sku=sku, quantity=quantity) for sku, quantity in lines],
            allow_backorder=allow_backorder,
        )

    return make


@pytest.fixture
def recorded(db) -> Callable[[type[Event]], list[Event]]:
    """A function that returns the recorded events of a type, in their order."""

    def read(event_type: type[Event]) -> list[Event]:
        rows = OutboxMessage.objects.filter(type=event_type.TYPE).order_by("pk")
        return [msgspec.json.decode(row.body, type=event_type) for row in rows]

    return read
