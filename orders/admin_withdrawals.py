"""The page on which a person withdraws a price that has not begun, and what was withdrawn of a product."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget

from api.form_pages import PageForm, form_page
from backoffice.formatting import admin_url, moment, money
from backoffice.panels import Column, Panel
from orders.admin_prices import SHOWN, prices
from orders.models import Price, Product, WithdrawnPrice
from orders.prices.withdrawals import withdraw_price

_LARGEST_ID = 2**63 - 1
_COLUMNS = (
    Column("Would have begun (UTC)"),
    Column("Price", number=True),
    Column("Set (UTC)"),
    Column("By"),
    Column("Withdrawn (UTC)"),
    Column("By"),
)


def withdrawn_prices(product: Product) -> Panel | None:
    """The prices that never held, the last to be withdrawn first; none where there are none."""
    rows = list(product.withdrawn_prices.select_related("price_list")[: SHOWN + 1])
    if not rows:
        return None
    more = f"More than these {SHOWN} were withdrawn." if len(rows) > SHOWN else ""
    shown = [
        (
            moment(price.valid_from),
            _amount(price),
            moment(price.set_at),
            price.actor,
            moment(price.withdrawn_at),
            price.withdrawn_by,
        )
        for price in rows[:SHOWN]
    ]
    return Panel(title="Withdrawn prices", columns=_COLUMNS, rows=shown, more=more, wide=True)


class WithdrawalForm(PageForm):
    submit = "Withdraw the price"
    description = (
        "Only a price that has not begun can be withdrawn: what the product costs before goes on. It stays on record."
    )

    def __init__(self, data: Any = None, *, product: Product, to_come: Iterable[Price]) -> None:
        super().__init__(data)
        self.title = f"Withdraw a price of {product.sku}"
        self._sku = product.sku
        choices = [(price.pk, _label(price)) for price in to_come]
        # A number and no choice: of a price that is gone by now the service says what has become of it.
        self.fields["price"] = forms.IntegerField(
            min_value=1, max_value=_LARGEST_ID, widget=UnfoldAdminSelectWidget(choices=choices)
        )

    def where_it_shows(self) -> str:
        return admin_url("orders.product", self._sku)

    def carry_out(self, request: HttpRequest) -> str:
        price = withdraw_price(sku=self._sku, price_id=self.cleaned_data["price"], actor=request.user.get_username())
        return f"Withdrawn: {_label(price)}."


def withdrawal_page(request: HttpRequest, product: Product) -> HttpResponse:
    """The form, and below it the prices for whoever may see them; a product without prices to come has none."""
    back = admin_url("orders.product", product.sku)
    to_come = list(product.prices.select_related("price_list").filter(valid_from__gt=timezone.now())[:SHOWN])
    if request.method == "GET" and not to_come:
        messages.warning(request, f"No price of {product.sku} is to come: one that has begun stays.")
        return redirect(back)
    panels = [prices(product)] if request.user.has_perm("orders.view_price") else []
    form = WithdrawalForm(request.POST or None, product=product, to_come=to_come)
    return form_page(request, form, model=Product, back=back, panels=panels)


def _label(price: Price | WithdrawnPrice) -> str:
    return f"{_amount(price)} from {price.valid_from:%Y-%m-%d %H:%M:%S} UTC on"


def _amount(price: Price | WithdrawnPrice) -> str:
    currency = price.price_list.currency
    return f"not sold in {currency}" if price.unit_price is None else money(price.unit_price, currency)
