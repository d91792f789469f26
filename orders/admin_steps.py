"""What a person does with orders in the admin: cancel them, and send their goods; one, or a selection."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.db import Error
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.dataclasses import ActionDialog, UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from api.form_pages import form_page
from api.request_ids import trace_of
from backoffice.dialogs import ask_about_selection, existing, leave_dialog, possible_actions
from backoffice.formatting import admin_link
from backoffice.model_admin import ReadOnlyAdmin
from common.fields import parse_text200
from common.forms import ParsedField
from common.postgres import is_unavailable
from messaging.tracing import caused_by
from orders.admin_placing import PlaceForm
from orders.admin_shipping import shipment_page, tracking_field
from orders.causes import by_user
from orders.lifecycle.cancelling import cancel_orders
from orders.lifecycle.fulfilling import CreditedUnsent, fulfil_orders, nothing_was_credited
from orders.lifecycle.selection import SelectionResult
from orders.models import Order
from orders.transitions import Status, after_cancelling, allowed

CANCELLING = "What is open is not sent any more, and its stock is free. What was sent already stays sent."
FULFILLING = "All that is left of an order and was not credited is sent, as one shipment."
REFUSALS_SHOWN = 20


class CancelForm(BaseDialogForm):  # type: ignore[misc]
    reason = ParsedField(
        parse=parse_text200, widget=UnfoldAdminTextInputWidget, help_text="Whoever placed the order reads it there."
    )


class FulfilForm(BaseDialogForm):  # type: ignore[misc]
    tracking = tracking_field()


class StepsAdmin(ReadOnlyAdmin):
    """The buttons of an order's page, and the actions of the list.

    credited_unsent: see fulfil_order.
    """

    credited_unsent: CreditedUnsent = staticmethod(nothing_was_credited)
    actions = ("cancel_selected", "fulfil_selected")
    actions_list = ("place",)
    actions_detail: tuple[str, ...] = ("cancel_this", "fulfil_part", "fulfil_this")

    def has_cancel_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("orders.cancel_order")

    def has_place_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Products are searched for on the page."""
        return request.user.has_perms(["orders.add_order", "orders.view_product"])

    def has_fulfil_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("orders.fulfil_order")

    def may_replay(self, order: Order) -> bool:
        """Whether a message of an order waits for a person; operations/admin.py knows."""
        return False

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        """The steps that the order can take."""
        order = self.get_object(request, object_id)
        status = Status(order.status) if order else None
        possible = {
            "cancel_this": status is not None and allowed(status, after_cancelling(status)),
            **dict.fromkeys(("fulfil_this", "fulfil_part"), status is not None and allowed(status, Status.FULFILLED)),
            "replay_stuck": order is not None and self.may_replay(order),
        }
        actions = possible_actions(super().get_actions_detail(request, object_id), possible)  # type: ignore[misc]
        return [_named(each, status) for each in actions]

    @action(  # type: ignore[untyped-decorator]
        description="Place an order", permissions=["place", "view"], variant=ActionVariant.PRIMARY
    )
    def place(self, request: HttpRequest) -> HttpResponse:
        back = reverse("admin:orders_order_changelist")
        return form_page(request, PlaceForm(request.POST or None), model=Order, back=back)

    @action(description="Cancel selected", permissions=["cancel"])  # type: ignore[untyped-decorator]
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Ask for the reason, then cancel."""
        return self._with_form(request, queryset, CancelForm, "cancel_selected", "Cancel orders", CANCELLING)

    @action(description="Fulfil selected", permissions=["fulfil"])  # type: ignore[untyped-decorator]
    def fulfil_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Ask for what the carrier calls it, then send."""
        return self._with_form(request, queryset, FulfilForm, "fulfil_selected", "Fulfil orders", FULFILLING)

    @action(  # type: ignore[untyped-decorator]
        description="Cancel",
        permissions=["cancel"],
        variant=ActionVariant.DANGER,
        dialog=ActionDialog(
            title="Cancel what is open",
            description=CANCELLING,
            form_class=CancelForm,
            form_submit_text="Yes, cancel it",
        ),
    )
    def cancel_this(self, request: HttpRequest, form: CancelForm, object_id: str) -> HttpResponse:
        self._take(request, form, [self._found(request, object_id)])
        return leave_dialog("orders.order", object_id)

    @action(description="Fulfil in part", permissions=["fulfil", "view"])  # type: ignore[untyped-decorator]
    def fulfil_part(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = existing(self.get_object(request, object_id))
        return shipment_page(request, order, credited_unsent=self.credited_unsent)

    @action(  # type: ignore[untyped-decorator]
        description="Fulfil all",
        permissions=["fulfil"],
        variant=ActionVariant.PRIMARY,
        dialog=ActionDialog(
            title="Fulfil the order", description=FULFILLING, form_class=FulfilForm, form_submit_text="Fulfil"
        ),
    )
    def fulfil_this(self, request: HttpRequest, form: FulfilForm, object_id: str) -> HttpResponse:
        self._take(request, form, [self._found(request, object_id)])
        return leave_dialog("orders.order", object_id)

    def _found(self, request: HttpRequest, object_id: str) -> UUID:
        return UUID(str(existing(self.get_object(request, object_id)).pk))

    def _with_form(
        self,
        request: HttpRequest,
        queryset: QuerySet[Order],
        form_class: type[CancelForm | FulfilForm],
        name: str,
        title: str,
        description: str,
    ) -> HttpResponse | None:
        order_ids = list(queryset.order_by().values_list("pk", flat=True))
        form = form_class(request, data=request.POST if "_form_submitted" in request.POST else None)
        if form.is_valid():
            self._take(request, form, order_ids)
            return None
        return ask_about_selection(
            request,
            model=Order,
            action=name,
            selected=order_ids,
            form=form,
            title=title,
            description=f"{description} Orders selected: {len(order_ids)}.",
            submit=title,
            variant="primary",
            back="Back",
        )

    def _take(self, request: HttpRequest, form: CancelForm | FulfilForm, order_ids: Sequence[UUID]) -> None:
        """Take the step in the name of this user, and say which orders took it and which did not, and why."""
        cause = by_user(request.user.get_username())
        outcome = SelectionResult()
        done = "Cancelled" if isinstance(form, CancelForm) else "Fulfilled"
        try:
            with caused_by(trace_of(request), *order_ids):
                if isinstance(form, CancelForm):
                    reason = form.cleaned_data["reason"]
                    cancel_orders(order_ids=order_ids, reason=reason, cause=cause, outcome=outcome)
                else:
                    tracking = form.cleaned_data["tracking"]
                    fulfil_orders(
                        order_ids=order_ids,
                        tracking=tracking,
                        cause=cause,
                        outcome=outcome,
                        credited_unsent=self.credited_unsent,
                    )
        except Error as error:  # a lock that somebody holds for long, a database that goes down
            if not is_unavailable(error):
                raise
            left = len(order_ids) - len(outcome.done) - len(outcome.refused)
            told = f"The database is busy. Not known to be done: {left}. Look what was done, and try again."
            self.message_user(request, told, messages.ERROR)
        self._tell(request, outcome, done)

    def _tell(self, request: HttpRequest, outcome: SelectionResult, done: str) -> None:
        if outcome.done:
            self.message_user(request, f"{done}: {len(outcome.done)}.", messages.SUCCESS)
        shown = list(outcome.refused)[:REFUSALS_SHOWN]
        orders = Order.objects.only("reference").in_bulk(shown)
        for order_id in shown:
            order = admin_link("orders.order", order_id, orders[order_id].known_as)
            told = format_html("Not done: {}. {}", order, str(outcome.refused[order_id]))
            self.message_user(request, told, messages.WARNING)
        if (more := len(outcome.refused) - REFUSALS_SHOWN) > 0:
            self.message_user(request, f"Not done, and not named here: {more} more.", messages.WARNING)


def _named(step: UnfoldAction, status: Status | None) -> UnfoldAction:
    """The button, by what it does with an order in this state."""
    if "cancel_this" in step.action_name and status == Status.PARTLY_FULFILLED:
        return replace(step, description="Cancel the rest")
    return step
