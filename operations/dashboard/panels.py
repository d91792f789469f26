"""The panels of the operations page. Every number leads to its list, for who may open that."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.formatting import admin_link, badge
from backoffice.panels import Column, Panel
from backoffice.viewing import may_open_page
from invoicing.models import Invoice
from messaging.exceptions import TransportUnavailable
from messaging.models import DeadLetter
from messaging.outbox.backlog import MOST_COUNTED, waiting_events
from messaging.transport.kafka.lag import ConsumerLag
from operations.dashboard.attention import Concern
from operations.dashboard.throughput import Throughput, throughput_of
from orders.admin_next_step import what_next
from orders.models import Order
from orders.transitions import Status

_ORDERS_SHOWN = 10
_CONSUMERS_EXPLAINED = (
    "They carry each order on: inventory reserves its stock, invoicing bills it, orders keeps its status. "
    "Each reads what the others say, its events, and is behind by the age of the oldest that it has yet to handle."
)
_OUTBOX_EXPLAINED = "What happened to orders is stored here first, and goes to the consumers by Kafka."
_STUCK = "waits for a person: a message of it could not be handled"


def attention(concerns: Sequence[Concern]) -> Panel:
    rows = [
        (badge("act" if one.severity == "danger" else "watch", one.severity), _linked(one.what, one.url), one.advice)
        for one in concerns
    ]
    columns = (Column(), Column("What"), Column("What to do"))
    return Panel(title="Needs a person", columns=columns, rows=rows, empty="Nothing: all is well.", wide=True)


def flow() -> Panel:
    rows = [
        _flow_row("Orders placed", throughput_of(Order, "placed_at"), "orders_order"),
        _flow_row("Invoices issued", throughput_of(Invoice, "issued_at"), "invoicing_invoice"),
    ]
    columns = (
        Column(),
        Column("Last minute", number=True),
        Column("Last hour", number=True),
        Column("Each minute of the last hour"),
    )
    return Panel(title="Flow", columns=columns, rows=rows, wide=True)


def consumers(lags: Sequence[ConsumerLag] | TransportUnavailable) -> Panel:
    """Consumers by how long the oldest event waits for them, the longest first."""
    if isinstance(lags, TransportUnavailable):
        return Panel(title="Consumers", columns=(), rows=(), empty=f"Not known: {lags}.")
    rows = [
        (lag.consumer, lag.topic, f"{lag.seconds:.0f} s", lag.records, lag.members or badge("none", "danger"))
        for lag in sorted(lags, key=lambda lag: (-lag.seconds, -lag.records, lag.consumer, lag.topic))
    ]
    columns = (
        Column("Consumer"),
        Column("Reads"),
        Column("Behind", number=True),
        Column("Events", number=True),
        Column("Processes", number=True),
    )
    return Panel(title="Consumers", columns=columns, rows=rows, more=_CONSUMERS_EXPLAINED)


def outbox() -> Panel:
    waiting = waiting_events()
    count = f"{MOST_COUNTED} or more" if waiting.count == MOST_COUNTED else waiting.count
    rows = [
        ("Events that wait for Kafka", _linked(str(count), _list("messaging_outboxmessage"))),
        ("The oldest has waited for", f"{waiting.oldest_seconds} s"),
    ]
    return Panel(title="Outbox", columns=(Column(), Column(number=True)), rows=rows, more=_OUTBOX_EXPLAINED)


def oldest_orders() -> Panel:
    """Orders that have gone no further for the longest time: undecided ones, and those that wait for stock."""
    found = [
        order
        for status in (Status.PLACED, Status.BACKORDERED)
        for order in Order.objects.filter(status=status).order_by("placed_at", "pk")[:_ORDERS_SHOWN]
    ]
    keys = [str(order.pk) for order in found]
    letters = DeadLetter.objects.filter(key__in=keys, state__in=DeadLetter.OPEN)
    stuck = {UUID(key) for key in letters.values_list("key", flat=True)}
    now = timezone.now()
    rows = [
        (
            admin_link("orders.order", order.pk, order.reference or order.pk),
            order.customer_id,
            _STUCK if order.pk in stuck else what_next(order),
            f"{(now - order.placed_at).total_seconds():,.0f} s",
        )
        for order in found
    ]
    columns = (Column("Order"), Column("Customer"), Column("Where it stands"), Column("Since", number=True))
    empty = "None: every order is decided."
    return Panel(title="Oldest orders that wait", columns=columns, rows=rows, empty=empty, wide=True)


def _flow_row(title: str, throughput: Throughput, model: str) -> tuple[object, ...]:
    return (_linked(title, _list(model)), throughput.last_minute, throughput.last_hour, throughput.plot())


def _list(model: str) -> str:
    return reverse(f"admin:{model}_changelist")


def _linked(text: str, url: str) -> SafeString | str:
    return format_html('<a class="text-link" href="{}">{}</a>', url, text) if url and may_open_page(url) else text
