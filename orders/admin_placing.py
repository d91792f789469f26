"""The page on which a person places an order: a customer, addresses, and lines with products that are searched for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from msgspec.structs import replace
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from api.form_pages import PageForm
from api.request_ids import trace_of
from backoffice.formatting import admin_url
from common.errors import FieldError, Invalid, OrderflowError
from common.fields import parse_text64
from common.forms import ParsedField, sentence
from common.parties import Party
from messaging.events import Trace, new_id
from orders.admin_addresses import FieldGroup, add_errors, address_field_of, address_fields, addresses_in, field_groups
from orders.admin_lines import LinesField, LinesWidget, Row
from orders.catalogue import products_for
from orders.intake.drafts import LineRequest, OrderRequest
from orders.intake.place_orders import place_orders
from orders.intake.pricing import price
from orders.models import PriceList
from orders.selectors import recent_customers

_WRONG_LINES = "Some lines can't be ordered: see below."


class PlaceForm(PageForm):
    title = "Place an order"
    submit = "Place the order"
    rows_template = "admin/orders/order/lines.html"
    box_classes = " ".join(BASE_INPUT_CLASSES)

    customer_id = ParsedField(
        parse=parse_text64,
        label="Customer",
        widget=UnfoldAdminTextInputWidget({"list": "customers", "autocomplete": "off"}),
        help_text="By the name or number that this customer's orders have.",
    )
    reference = ParsedField(
        parse=parse_text64,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="The customer's own number for this order, such as PO-4711. It may be left empty.",
    )
    currency = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="In which the customer pays. Products are sold in it where they have a price in it.",
    )
    allow_backorder = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanWidget,
        label="May wait for stock",
        help_text="If there is too little, the order waits for more. Without this it is rejected.",
    )
    lines = LinesField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        currencies = PriceList.objects.order_by("currency").values_list("currency", flat=True)
        currency = self.fields["currency"]
        assert isinstance(currency, forms.ChoiceField)
        currency.choices = [("", "That of the first product"), *((code, code) for code in currencies)]
        self.fields |= address_fields()
        self._addresses: Mapping[str, Party | None] = {}
        self._order_id = new_id()
        self._line_errors: dict[int, list[str]] = {}

    class Media:
        js = (*LinesWidget.js, "backoffice/forms.js")
        css = LinesWidget.css

    @property
    def customers(self) -> Sequence[str]:
        """The customers to choose from."""
        return recent_customers()

    @property
    def address_groups(self) -> Sequence[FieldGroup]:
        return list(field_groups(self))

    def visible_fields(self) -> list[forms.BoundField]:
        """The fields above the addresses and the lines."""
        elsewhere = {"lines"} | {field.name for group in self.address_groups for field in group.fields}
        return [field for field in super().visible_fields() if field.name not in elsewhere]

    def clean(self) -> dict[str, Any]:
        try:
            self._addresses = addresses_in(self.cleaned_data)
        except Invalid as invalid:
            add_errors(self, invalid)
        return self.cleaned_data

    @property
    def _lines(self) -> LinesField:
        field = self.fields["lines"]
        assert isinstance(field, LinesField)
        return field

    @property
    def rows(self) -> Iterator[Row]:
        entered = self["lines"].value() if self.is_bound else None
        return self._lines.rows(entered, self._line_errors)

    def where_it_shows(self) -> str:
        return admin_url("orders.order", self._order_id)

    def carry_out(self, request: HttpRequest) -> str:
        asked = self._request(request)
        draft = price(asked, products_for({line.sku for line in asked.lines}))
        place_orders([replace(draft, order=replace(draft.order, order_id=self._order_id))])
        return "The order is placed. Whether there is stock for it, this page shows in a moment: load it again."

    def field_of(self, error: FieldError) -> str | None:
        if error.pointer.startswith("/lines/"):
            return "lines"
        return address_field_of(error, self.cleaned_data) or super().field_of(error)

    def show_error(self, error: OrderflowError) -> None:
        of_lines = [each for each in error.errors if isinstance(each, FieldError) and self.field_of(each) == "lines"]
        for each in of_lines:
            row = self._lines.filled_rows(self["lines"].value())[int(each.pointer.split("/")[2])]
            self._line_errors.setdefault(row, []).append(sentence(each.detail))
        if of_lines:
            self.add_error("lines", _WRONG_LINES)
        else:
            super().show_error(error)

    def _request(self, request: HttpRequest) -> OrderRequest:
        assert not isinstance(request.user, AnonymousUser)
        entered = self.cleaned_data
        return OrderRequest(
            client_id=request.user.pk,
            customer_id=entered["customer_id"],
            reference=entered["reference"],
            currency=entered["currency"] or None,
            allow_backorder=entered["allow_backorder"],
            lines=[LineRequest(sku, quantity) for sku, quantity in entered["lines"]],
            trace=Trace(*trace_of(request)),
            bill_to=self._addresses.get("bill_to"),
            ship_to=self._addresses.get("ship_to"),
        )
