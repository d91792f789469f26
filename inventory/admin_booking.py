"""The page on which a person books what came in, or what a count corrects."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from api.submissions import OnceForm, SentBefore
from backoffice.formatting import admin_url
from common.fields import parse_sku, parse_text200
from common.forms import ParsedField
from inventory.exceptions import OnHandRefused, UnknownSku
from inventory.models import MAX_ON_HAND, StockItem, StockMovement
from inventory.services import book_movement

RECEIPT, ADJUSTMENT = StockMovement.Kind.RECEIPT, StockMovement.Kind.ADJUSTMENT


class BookingForm(OnceForm):
    sku = ParsedField(
        parse=parse_sku, widget=UnfoldAdminTextInputWidget, help_text="A receipt of a new sku makes its stock item."
    )
    kind = forms.TypedChoiceField(
        choices=[(RECEIPT, "receipt: goods came in"), (ADJUSTMENT, "adjustment: a count corrects the level")],
        coerce=StockMovement.Kind,
        widget=UnfoldAdminSelectWidget,
    )
    quantity = forms.IntegerField(
        min_value=-MAX_ON_HAND,
        max_value=MAX_ON_HAND,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Units. Of an adjustment: how many more there are than was booked, below 0 if some are missing.",
    )
    note = ParsedField(parse=parse_text200, required=False, widget=UnfoldAdminTextInputWidget)

    def clean(self) -> dict[str, Any]:
        quantity = self.cleaned_data.get("quantity")
        if quantity == 0:
            self.add_error("quantity", "A movement moves something.")
        elif quantity is not None and quantity < 0 and self.cleaned_data.get("kind") == RECEIPT:
            self.add_error("quantity", "A receipt brings something in: units that are missing are an adjustment.")
        return self.cleaned_data

    def book(self, request: HttpRequest) -> StockMovement | None:
        """Book what was entered; None if the inventory refuses it, with the reason among the form's errors.

        Raises:
            SentBefore: it is booked already, from the same page.
        """
        entered = {name: value for name, value in self.cleaned_data.items() if name != "submission"}
        try:
            with transaction.atomic():
                self.claim(request, _page_of(entered["sku"]))
                return book_movement(**entered, actor=request.user.get_username())
        except ValidationError as error:
            self.reject(error)
        except UnknownSku as error:
            self.add_error("sku", f"{error}.".capitalize())
        except OnHandRefused as error:
            self.add_error("quantity", f"{error}.")
        return None


def booking_page(request: HttpRequest) -> HttpResponse:
    """The form, and after a booking the page of the stock item."""
    form = BookingForm(request.POST or None, initial={"sku": request.GET.get("sku", "")})
    if form.is_valid():
        try:
            movement = form.book(request)
        except SentBefore:
            messages.info(request, "This was booked already: the page was sent twice.")
            return redirect(_page_of(form.cleaned_data["sku"]))
        if movement:
            messages.success(request, f"Booked: {movement.kind}, {movement.on_hand_change:+d} of {movement.sku}.")
            return redirect(_page_of(movement.sku))
    context = admin.site.each_context(request) | {
        "title": "Book a movement",
        "opts": StockItem._meta,
        "form": form,
    }
    return TemplateResponse(request, "admin/inventory/stockitem/book.html", context)


def _page_of(sku: str) -> str:
    return admin_url("inventory.stockitem", sku)
