"""The admin's pages that need several apps: only this package may import all of them."""

from uuid import UUID

from django.contrib.admin import display, register
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from backoffice.dialogs import existing, leave_dialog
from backoffice.formatting import admin_link, badge
from backoffice.model_admin import ReadOnlyAdmin
from backoffice.search import Criterion, as_number, exactly
from invoicing.admin import InvoiceAdmin
from invoicing.models import CreditNote, Invoice
from messaging.dead_letters.admin_actions import SettlingAdmin
from messaging.dead_letters.admin_replaying import replay_and_tell
from messaging.dead_letters.selection import Choice
from messaging.models import DeadLetter
from operations.admin_replaying import replay_many_page
from operations.models import ImportedReturn
from operations.order_panels import dead_letters, events, invoice, reservation_decision, waiting_messages
from operations.pipeline import CONSUMERS
from operations.unsent import credited_unsent
from orders.admin_orders import OrderAdmin
from orders.models import Order
from orders.selectors import sent_units


def with_document(documents: type[Invoice] | type[CreditNote]) -> Criterion:
    """Search orders for the number of their invoice, or of a credit note."""

    def condition(term: str) -> Q | None:
        numbered = as_number("pk")(term)
        return Q(pk__in=documents.objects.filter(numbered).values("order_id")) if numbered else None

    return condition


@register(Order)
class WholeOrderAdmin(OrderAdmin):
    """The page of an order, with panels of all apps that link to their pages."""

    search_by = OrderAdmin.search_by | {
        "invoice": with_document(Invoice),
        "credit note": with_document(CreditNote),
    }
    search_help_text = "Exact reference, customer, sku or any other number"  # all of their names are wider than the box
    panels = OrderAdmin.panels | {
        reservation_decision: "inventory.view_reservationdecision",
        invoice: "invoicing.view_invoice",
        events: "messaging.view_outboxmessage",
        waiting_messages: "messaging.view_outboxmessage",
        dead_letters: "messaging.view_deadletter",
    }

    actions_detail = (*OrderAdmin.actions_detail, "replay_stuck")
    credited_unsent = staticmethod(credited_unsent)

    def has_replay_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perms(["messaging.view_deadletter", "messaging.replay_deadletter"])

    def may_replay(self, order: Order) -> bool:
        return bool(getattr(order, "is_stuck", False))

    @action(  # type: ignore[untyped-decorator]
        description="Replay",
        permissions=["replay"],
        variant=ActionVariant.PRIMARY,
        dialog=ActionDialog(
            title="Replay what is stuck",
            description="All open dead letters of this order are handled again, from the first on.",
            form_class=None,
            form_submit_text="Replay",
        ),
    )
    def replay_stuck(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        order = existing(self.get_object(request, object_id))
        if ids := _stuck(order.pk):
            replay_and_tell(request, Choice(ids=ids), CONSUMERS)
        else:
            self.message_user(request, "Nothing of it is stuck any more.")
        return leave_dialog("orders.order", object_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """The orders, with `is_stuck`: whether a message of theirs waits for a person."""
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
    actions_list = ("replay_many",)

    def has_many_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perms(["messaging.view_deadletter", "messaging.replay_many_deadletter"])

    @action(  # type: ignore[untyped-decorator]
        description="Replay many", permissions=["many"], variant=ActionVariant.PRIMARY
    )
    def replay_many(self, request: HttpRequest) -> HttpResponse:
        return replay_many_page(request)


@register(ImportedReturn)
class ImportedReturnAdmin(ReadOnlyAdmin):
    """Returns of imported files, with the credit notes that they became."""

    list_before_template = "backoffice/explanation.html"
    explanation = (
        "Each line is a return of an imported file, which was credited to the orders that it takes back, with one "
        "credit note for each of their invoices. The same return in another file credits nothing again. Goods are not "
        "put back on hand by it: a file does not say whether they can be sold."
    )
    list_display = ("reference", "credited_by", "at")
    ordering = ("reference",)
    search_by = {"number of the return": exactly("pk")}
    fields = (("reference", "at"), "credited_by")

    @display(description="credit notes")
    def credited_by(self, imported: ImportedReturn) -> SafeString:
        links = ((admin_link("invoicing.creditnote", number),) for number in imported.credit_notes)
        return format_html_join(", ", "{}", links)


def _stuck(order_id: UUID) -> list[int]:
    """The ids of an order's dead letters that wait for a person."""
    letters = DeadLetter.objects.filter(key=str(order_id), state__in=DeadLetter.OPEN)
    return list(letters.order_by("pk").values_list("pk", flat=True))
