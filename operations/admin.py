"""Pages that take what every app knows of an order, or does for it: only here may all of them be imported."""

from django.contrib.admin import register

from messaging.dead_letters.admin_actions import SettlingAdmin
from messaging.models import DeadLetter
from operations.order_panels import dead_letters, invoice, reservation_decision, waiting_messages
from operations.pipeline import CONSUMERS
from orders.admin_orders import OrderAdmin
from orders.models import Order


@register(Order)
class WholeOrderAdmin(OrderAdmin):
    """One page for the order's whole way, each part a link to the next."""

    panels = OrderAdmin.panels | {
        reservation_decision: "inventory.view_reservationdecision",
        invoice: "invoicing.view_invoice",
        waiting_messages: "messaging.view_outboxmessage",
        dead_letters: "messaging.view_deadletter",
    }


@register(DeadLetter)
class DeadLetterSettlingAdmin(SettlingAdmin):
    consumers = CONSUMERS
