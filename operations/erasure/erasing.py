"""Erasing a customer: which orders may be erased, and what becomes of what is known of them."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from common.ids import texts_of_ids
from common.text import number_of
from invoicing.models import CreditNote, Invoice
from messaging.events import id_time
from messaging.models import DeadLetter, OutboxMessage
from operations.erasure.spellings import told_apart
from operations.erasure.statements import (
    delete_responses,
    erase_dead_letters,
    erase_orders,
    other_spellings,
    responses_of_today,
)
from operations.exceptions import NoSuchCustomer, ResponsesPromised
from operations.journey.events import events_of
from orders.models import Order
from orders.transitions import Status

log = structlog.get_logger(__name__)

_AT_ONCE = 200  # orders of a transaction
_SPELLINGS = 10  # of a customer's id that are named
_ENDED = (Status.REJECTED, Status.CANCELLED)  # of those without an invoice


@dataclass
class Erasure:
    """What was erased of a customer, and what remains.

    Attributes:
        pseudonym: whose the orders are now.
        began: orders that were placed since are under way, for nobody has looked for their responses.
        orders: that were erased; they led to no invoice.
        invoiced: orders that remain as they are, with their invoices.
        under_way: orders that have not come to their end, or of which an event or a dead letter has not.
        documents: invoices and credit notes, which remain.
        dead_letters, responses: how many were emptied, and deleted.
        other_spellings: ids of customers that may be the same one. Nothing is done about them.
    """

    pseudonym: str
    began: datetime
    orders: int = 0
    invoiced: int = 0
    under_way: list[UUID] = field(default_factory=list)
    documents: int = 0
    dead_letters: int = 0
    responses: int = 0
    other_spellings: list[str] = field(default_factory=list)


def erase_customer(customer_id: str, *, by: str, dry_run: bool = False) -> Erasure:
    """Erase what is known of a customer, but for issued documents, the orders that they stand on, and orders under way.

    Safe to repeat, and to break off: each batch of orders is a transaction of its own.

    Raises:
        NoSuchCustomer: nothing is known of this customer; it names those whose ids differ in their spelling only.
        ResponsesPromised: stored responses name it that a client may still ask for. Nothing is done then.
    """
    erasure = Erasure(pseudonym=f"erased-{secrets.token_hex(8)}", began=timezone.now())
    erasure.other_spellings = other_spellings(customer_id, limit=_SPELLINGS)
    erasure.documents = sum(kind.objects.filter(customer_id=customer_id).count() for kind in (Invoice, CreditNote))
    if not erasure.documents and not Order.objects.filter(customer_id=customer_id).exists():
        raise NoSuchCustomer(_told_of_nobody(erasure.other_spellings))
    if promised := responses_of_today(customer_id):
        named = number_of(promised, "stored response names", "stored responses name")
        raise ResponsesPromised(f"{named} this customer, promised for 24 hours")
    for order_ids in _batches(customer_id):
        with transaction.atomic():
            _erase(order_ids, erasure, dry_run=dry_run)
    if not dry_run:
        erasure.responses = delete_responses(customer_id)
        log.info("customer_erased", by=by, pseudonym=erasure.pseudonym, orders=erasure.orders)
    return erasure


def _told_of_nobody(other_spellings: list[str]) -> str:
    """What is said of a customer that there is not: where there are some of nearly this id, it names them."""
    others = f" Spelled in another way there is {told_apart(other_spellings)}." if other_spellings else ""
    return f"{NoSuchCustomer()}{others}"


def _batches(customer_id: str) -> Iterator[list[UUID]]:
    last = UUID(int=0)
    while True:
        orders = Order.objects.filter(customer_id=customer_id, pk__gt=last).order_by("pk")
        order_ids = list(orders.values_list("pk", flat=True)[:_AT_ONCE])
        if not order_ids:
            return
        yield order_ids
        last = order_ids[-1]


def _erase(order_ids: list[UUID], erasure: Erasure, *, dry_run: bool) -> None:
    """Erase a batch of orders, locked so that none of them goes on meanwhile, and count them."""
    orders = list(Order.objects.lock(order_ids).values())
    invoiced = set(Invoice.objects.filter(order_id__in=order_ids).values_list("order_id", flat=True))
    old = [order for order in orders if id_time(order.pk) < erasure.began]
    waiting = _with_something_that_waits(order_ids)
    ended = [order for order in old if order.pk in invoiced or (order.pk not in waiting and _has_ended(order))]
    free = [order for order in ended if order.pk not in invoiced]
    erasure.orders += len(free)
    erasure.invoiced += len(invoiced)
    erasure.under_way += [order.pk for order in orders if order.pk in waiting or order not in ended]
    if dry_run:
        return
    erase_orders(free, pseudonym=erasure.pseudonym)
    erasure.dead_letters += erase_dead_letters([order.pk for order in ended])


def _with_something_that_waits(order_ids: list[UUID]) -> set[UUID]:
    """Those of these orders that an event in the outbox names, or a dead letter that waits for a person."""
    keys = texts_of_ids(order_ids)
    named = OutboxMessage.objects.filter(key__in=keys).values_list("key", flat=True)
    letters = DeadLetter.objects.filter(key__in=keys, state__in=DeadLetter.UNRESOLVED).values_list("key", flat=True)
    return {UUID(key) for key in {*named, *letters}}


def _has_ended(order: Order) -> bool:
    """Whether nothing more will happen to an order that was never billed: what is on its way would not be believed."""
    return order.status in _ENDED and not any(event.pending for event in events_of(order))
