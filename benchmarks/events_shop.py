"""A shop whose orders live a whole life, in one process: what benchmarks/events.py has it handle, batch by batch."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection

from inventory.bookings import Booking
from inventory.models import Kind
from inventory.services import book, set_on_hand
from invoicing.crediting import AskedLine, credit_invoice
from invoicing.models import Invoice
from messaging.consuming.batches import BatchHandler
from messaging.consuming.dead_letters import header
from messaging.events import Trace
from messaging.outbox.delivery import publish_pending
from messaging.transport.base import Record
from messaging.transport.memory import MemoryBroker
from operations.pipeline import CONSUMERS
from orders.catalogue import PricedProduct, products_for, upsert_products
from orders.causes import by_command
from orders.intake.drafts import LineRequest, OrderRequest
from orders.intake.place_orders import place_orders
from orders.intake.pricing import price
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import fulfil_order, fulfil_orders
from orders.lifecycle.quantities import WantedLine
from orders.selectors import sent_units

BY = by_command("benchmark")
Handled = tuple[str, str, int, Callable[[], None]]  # a type, a consumer, how many things are done, and how


class Shop:
    """`backend`: the process of its PostgreSQL session."""

    def __init__(self, skus: Sequence[str], awaited: Sequence[str], lines: int) -> None:
        self._skus, self._awaited, self._lines = skus, awaited, lines
        self._broker = MemoryBroker()
        self._subscriptions = {
            name: self._broker.subscribe(name, consumer.topics) for name, consumer in CONSUMERS.items()
        }
        self._handlers = {name: BatchHandler(consumer) for name, consumer in CONSUMERS.items()}
        self._client_id = User.objects.create_user("benchmark").pk
        products = [PricedProduct(sku, sku, Decimal("2.55"), "GBP", Decimal("0.2")) for sku in (*skus, *awaited)]
        upsert_products(products, actor="benchmark")
        set_on_hand(levels=dict.fromkeys(skus, 10**9))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (self.backend,) = cursor.fetchone()

    def live(self, count: int) -> Iterator[Handled]:
        """Each kind of event, as many as `count`; what is yielded is to be called before the next is taken."""
        cancelled, sent, sent_in_part, returned = (self._place(self._skus, count) for _ in range(4))
        yield from self._carry_on()
        fulfil_orders(order_ids=[*sent, *returned], cause=BY)
        for order_id in sent_in_part:
            fulfil_order(order_id=order_id, lines=[WantedLine(n + 1, 1) for n in range(self._lines)], cause=BY)
        yield from self._carry_on()
        cancel_orders(order_ids=cancelled, reason="Changed their mind", cause=BY)
        yield from self._carry_on()
        for number in Invoice.objects.filter(order_id__in=returned).values_list("number", flat=True):
            self._take_back(number)
        yield from self._carry_on()
        self._place(self._awaited, count, may_wait=True)
        yield from self._carry_on()
        for sku in self._awaited:
            book(booking=Booking(sku=sku, kind=Kind.RECEIPT, change=2 * count))
        yield from self._carry_on(served=count)

    def _place(self, skus: Sequence[str], count: int, *, may_wait: bool = False) -> list[UUID]:
        products = products_for(skus)
        drafts = [price(self._request(skus, number, may_wait=may_wait), products) for number in range(count)]
        place_orders(drafts)
        return [draft.id for draft in drafts]

    def _request(self, skus: Sequence[str], number: int, *, may_wait: bool) -> OrderRequest:
        chosen = [skus[(self._lines * number + line) % len(skus)] for line in range(self._lines)]
        return OrderRequest(
            client_id=self._client_id,
            customer_id="C-1",
            lines=[LineRequest(sku, 2) for sku in chosen],
            allow_backorder=may_wait,
            trace=Trace(),
        )

    def _take_back(self, number: str) -> None:
        lines = [AskedLine(line_no=line + 1, quantity=1) for line in range(self._lines)]
        credit_invoice(
            number=number, lines=lines, reason="Broken", restock=True, sent_units=sent_units, actor="benchmark"
        )

    def _carry_on(self, served: int = 0) -> Iterator[Handled]:
        """Let all that is under way arrive, in batches of one type each."""
        while publish_pending(self._broker.producer()).found:
            for name, subscription in self._subscriptions.items():
                yield from self._batches(name, subscription.poll(timeout=0, max_records=100_000), served)

    def _batches(self, consumer: str, records: Sequence[Record], served: int) -> Iterator[Handled]:
        by_type: dict[str, list[Record]] = {}
        for record in records:
            by_type.setdefault(header(record.headers, "ce_type"), []).append(record)
        handler = self._handlers[consumer]
        for event_type, events in by_type.items():
            if event_type in {each.TYPE for each in CONSUMERS[consumer].handlers}:
                for first in range(0, len(events), 100):
                    batch = events[first : first + 100]
                    count = served if event_type == "stock.replenished.v1" else len(batch)
                    yield event_type, consumer, count, lambda batch=batch: handler.handle(batch)  # type: ignore[misc]
