"""The page on which a person sends a part of an order."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.widgets import UnfoldAdminTextInputWidget

from api.form_pages import form_page
from api.quantity_forms import OpenLine, QuantitiesForm
from api.request_ids import trace_of
from backoffice.formatting import admin_link, admin_url
from backoffice.panels import Column
from common.fields import parse_text200
from common.forms import ParsedField
from messaging.tracing import caused_by
from orders.causes import by_user
from orders.exceptions import OrderNotFulfillable
from orders.lifecycle.fulfilling import CreditedUnsent, fulfil_order
from orders.lifecycle.quantities import WantedLine
from orders.models import Order
from orders.selectors import LineStatus, lines_of
from orders.transitions import Status, allowed


def tracking_field() -> ParsedField:
    return ParsedField(
        parse=parse_text200,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        label="Tracking number",
        help_text="By what the carrier knows the shipment. It may be left empty.",
    )


class ShipmentForm(QuantitiesForm):
    submit = "Send as one shipment"
    description = "Enter what leaves now. The rest stays open, and can be sent later or be cancelled."
    columns = (
        *(Column("Line", number=True), Column("Sku", unbroken=True), Column("Name", words=True)),
        *(Column("Ordered", number=True), Column("Sent", number=True), Column("Cancelled", number=True)),
        Column("Credited unsent", number=True),
    )
    box_title = "Send now"
    filled = True

    tracking = tracking_field()

    def __init__(self, *args: object, order: Order, credited_unsent: CreditedUnsent, **kwargs: object) -> None:
        super().__init__(*args, lines=_open_lines(order, credited_unsent), **kwargs)
        self.title = f"Fulfil {order.known_as} of {order.customer_id} in part"
        self._order_id = UUID(str(order.pk))
        self._credited_unsent = credited_unsent

    def where_it_shows(self) -> str:
        return admin_url("orders.order", self._order_id)

    def lock_lines(self) -> Sequence[OpenLine]:
        return _open_lines(Order.objects.lock([self._order_id])[self._order_id], self._credited_unsent)

    def take_step(self, request: HttpRequest) -> str:
        lines = [WantedLine(line_no, quantity) for line_no, quantity in self.chosen.items()]
        with caused_by(trace_of(request), self._order_id):
            fulfil_order(
                order_id=self._order_id,
                lines=lines,
                tracking=self.cleaned_data["tracking"],
                cause=by_user(request.user.get_username()),
                credited_unsent=self._credited_unsent,
            )
        units = sum(self.chosen.values())
        return f"Sent as one shipment: {units} unit{'s' * (units != 1)}."


def shipment_page(request: HttpRequest, order: Order, *, credited_unsent: CreditedUnsent) -> HttpResponse:
    """The form; an order of which nothing can be sent leads back to its page, which says what it is."""
    back = admin_url("orders.order", order.pk)
    if request.method == "GET" and not allowed(Status(order.status), Status.FULFILLED):
        messages.warning(request, str(OrderNotFulfillable(order.status)))
        return redirect(back)
    form = ShipmentForm(request.POST or None, order=order, credited_unsent=credited_unsent)
    return form_page(request, form, model=Order, back=back)


def _open_lines(order: Order, credited_unsent: CreditedUnsent) -> Sequence[OpenLine]:
    order_id = UUID(str(order.pk))
    credited = credited_unsent([order_id]).get(order_id, {})
    return [_open(line, credited.get(line.line_no, 0)) for line in lines_of([order])[order_id]]


def _open(line: LineStatus, credited: int) -> OpenLine:
    left = max(0, line.quantity - line.fulfilled_quantity - line.cancelled_quantity - credited)
    sku = admin_link("orders.product", line.sku)
    told = (line.fulfilled_quantity or "", line.cancelled_quantity or "", credited or "")
    return OpenLine(line.line_no, left, (line.line_no, sku, line.name, line.quantity, *told))
