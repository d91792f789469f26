"""What a product has cost, costs and will cost, and the page on which a person sets a price from now on or later."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from api.form_pages import PageForm, form_page
from backoffice.formatting import admin_url, badge, moment, money
from backoffice.panels import Column, Panel
from common.errors import OrderflowError
from common.fields import parse_unit_price
from common.forms import ParsedField, as_typed, parse_typed_currency, sentence
from common.timestamps import parse_timestamp
from orders.exceptions import PriceExists, PriceInThePast
from orders.models import Price, Product
from orders.prices.changes import set_price

SHOWN = 100  # the newest prices of a product
_COLUMNS = (
    Column("Begins (UTC)"),
    Column("Price", number=True),
    Column(),
    Column("Set (UTC)"),
    Column("By"),
)


def prices(product: Product) -> Panel:
    """The prices of a product in all currencies, the last to begin first."""
    rows = list(product.prices.select_related("price_list").order_by("-valid_from", "-id")[: SHOWN + 1])
    more = f"Older prices than these {SHOWN} are not shown." if len(rows) > SHOWN else ""
    return Panel(
        title="Prices",
        columns=_COLUMNS,
        rows=list(_rows(rows[:SHOWN], timezone.now())),
        more=more,
        empty="No price was set since prices are recorded: it costs what its page says.",
        wide=True,
    )


def _rows(newest: Sequence[Price], now: datetime) -> Iterator[Sequence[object]]:
    replaced = set[str]()  # currencies whose price of today was met
    for price in newest:
        currency = price.price_list.currency
        yield (
            moment(price.valid_from),
            "not sold" if price.unit_price is None else money(price.unit_price, currency),
            _state(price, now, replaced=currency in replaced),
            moment(price.set_at),
            price.actor,
        )
        if price.valid_from <= now:
            replaced.add(currency)


def _state(price: Price, now: datetime, *, replaced: bool) -> SafeString | str:
    if price.valid_from > now:
        return badge("to come", "info")
    return "" if replaced else badge("holds now", "success")


class PriceForm(PageForm):
    submit = "Set the price"
    description = "Orders pay what holds when they are placed; those that were placed before stay as they are."

    unit_price = ParsedField(
        parse=as_typed(parse_unit_price),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Of one unit, without tax.",
    )
    currency = ParsedField(
        parse=parse_typed_currency,
        widget=UnfoldAdminTextInputWidget,
        help_text="Code of ISO 4217, such as GBP.",
    )
    not_sold = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanWidget,
        label="Not sold in this currency any more",
        help_text="Instead of a price. In its own currency a product is always sold.",
    )
    valid_from = ParsedField(
        parse=parse_timestamp,
        required=False,
        label="Begins at (UTC)",
        widget=UnfoldAdminTextInputWidget({"type": "datetime-local", "step": "1"}),
        help_text="By UTC, whatever the clock beside you says. Left empty: now.",
    )

    def __init__(self, data: Any = None, *, product: Product) -> None:
        super().__init__(data, initial={"currency": product.currency})
        self.title = f"Set a price of {product.sku}"
        self._sku = product.sku

    def clean(self) -> dict[str, Any]:
        entered = self.cleaned_data
        if "unit_price" in entered and (entered["unit_price"] == "") != entered["not_sold"]:
            self.add_error("unit_price", "Enter a price, or say below that it is not sold any more: not both.")
        return entered

    def where_it_shows(self) -> str:
        return admin_url("orders.product", self._sku)

    def carry_out(self, request: HttpRequest) -> str:
        entered = self.cleaned_data
        price = set_price(
            sku=self._sku,
            unit_price=None if entered["not_sold"] else entered["unit_price"],
            actor=request.user.get_username(),
            currency=entered["currency"],
            valid_from=entered["valid_from"] or None,
        )
        since = f"from {price.valid_from:%Y-%m-%d %H:%M:%S} UTC on" if entered["valid_from"] else "from now on"
        if price.unit_price is None:
            return f"{self._sku} is not sold in {entered['currency']} {since}."
        return f"{self._sku} costs {money(price.unit_price, entered['currency'])} {since}."

    def show_error(self, error: OrderflowError) -> None:
        if isinstance(error, PriceInThePast):
            self.add_error("valid_from", "This is past. Leave it empty for a price that begins now.")
        elif isinstance(error, PriceExists):
            self.add_error("valid_from", sentence(str(error)))
        else:
            super().show_error(error)


def price_page(request: HttpRequest, product: Product) -> HttpResponse:
    """The form, and below it the prices so far, for whoever may see them."""
    back = admin_url("orders.product", product.sku)
    panels = [prices(product)] if request.user.has_perm("orders.view_price") else []
    form = PriceForm(request.POST or None, product=product)
    return form_page(request, form, model=Product, back=back, panels=panels)
