"""The admin's pages that need several apps: only this package may import all of them."""

from django.contrib.admin import display, register
from django.db.models import Exists, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.formatting import badge
from invoicing.admin import InvoiceAdmin
from invoicing.models import Invoice
from messaging.dead_letters.admin_actions import SettlingAdmin
from messaging.models import DeadLetter
from operations.order_panels import dead_letters, events, invoice, reservation_decision, waiting_messages
from operations.pipeline import CONSUMERS
from orders.admin_orders import OrderAdmin
from orders.models import Order
from orders.selectors import sent_units


@register(Order)
class WholeOrderAdmin(OrderAdmin):
    """The page of an order, with panels of all apps that link to their pages."""

    panels = OrderAdmin.panels | {
        reservation_decision: "inventory.view_reservationdecision",
        invoice: "invoicing.view_invoice",
        events: "messaging.view_outboxmessage",
        waiting_messages: "messaging.view_outboxmessage",
        dead_letters: "messaging.view_deadletter",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """With whether a message of the order waits for a person."""
        stuck = DeadLetter.objects.filter(key=Cast(OuterRef("pk"), TextField()), state__in=DeadLetter.OPEN)
        orders: QuerySet[Order] = super().get_queryset(request)
        return orders.annotate(is_stuck=Exists(stuck))

    @display(description="where it stands")
    def next_step(self, order: Order) -> SafeString | str:
        if getattr(order, "is_stuck", False):
            return format_html("{} a message of it could not be handled", badge("stuck", "danger"))
        return super().next_step(order)


@register(Invoice)
class CreditableInvoiceAdmin(InvoiceAdmin):
    sent_units = staticmethod(sent_units)


@register(DeadLetter)
class DeadLetterSettlingAdmin(SettlingAdmin):
    consumers = CONSUMERS
