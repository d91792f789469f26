"""The admin's pages of products. Those of orders are in admin_orders.py."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import display, register
from django.contrib.admin.utils import unquote
from django.db.models import Case, Model, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from backoffice.changes import ChangesOnly
from backoffice.dialogs import existing
from backoffice.formatting import admin_link, admin_url, money, percentage
from backoffice.model_admin import BigTableAdmin
from backoffice.search import beginning, with_words
from backoffice.viewing import may_view
from common.fields import (
    DEFAULT_UNIT,
    parse_product_category,
    parse_reason_code,
    parse_sku,
    parse_tax_rate,
    parse_text200,
    parse_unit_code,
    parse_unit_price,
)
from common.forms import ParsedField, as_typed, parse_typed_currency
from common.money import format_price, plain_text
from common.text import ascii_upper, trim
from orders.admin_prices import price_page, prices
from orders.admin_withdrawals import withdrawal_page, withdrawn_prices
from orders.catalogue import PricedProduct, change_product, create_product
from orders.exceptions import ProductExists
from orders.models import Product
from orders.tax_category import problems_of_taxation

_TAXATION = ("unit_code", "tax_category", "tax_reason_code", "tax_reason")


class ProductForm(ChangesOnly, forms.ModelForm):  # type: ignore[type-arg]
    """A product by the rules of the API, and the currency may also be in lower case.

    The page sends what it showed beside what was entered: only what a person changed counts as changed, for a price may
    have begun, or somebody else have saved, since it was shown.
    """

    sku = ParsedField(parse=parse_sku, widget=UnfoldAdminTextInputWidget)
    name = ParsedField(parse=parse_text200, widget=UnfoldAdminTextInputWidget)
    unit_price = ParsedField(parse=as_typed(parse_unit_price), widget=UnfoldAdminTextInputWidget)
    currency = ParsedField(parse=parse_typed_currency, widget=UnfoldAdminTextInputWidget, help_text="ISO 4217 code.")
    tax_rate = ParsedField(
        parse=as_typed(parse_tax_rate), widget=UnfoldAdminTextInputWidget, help_text="A fraction: 0.2 is 20 %."
    )

    unit_code = ParsedField(
        parse=parse_unit_code,
        widget=UnfoldAdminTextInputWidget,
        required=False,
        initial=DEFAULT_UNIT,
        help_text="UN/ECE Rec 20: C62 is a piece, KGM a kilogram; none: C62.",
    )
    tax_category = ParsedField(
        parse=as_typed(parse_product_category),
        widget=UnfoldAdminTextInputWidget,
        required=False,
        help_text="S, Z, E: exempt, AE: a service, for businesses abroad under reverse charge; none: S or Z.",
    )
    tax_reason_code = ParsedField(
        parse=parse_reason_code, widget=UnfoldAdminTextInputWidget, required=False, help_text="VATEX-…, for E."
    )
    tax_reason = ParsedField(parse=parse_text200, widget=UnfoldAdminTextInputWidget, required=False, help_text="For E.")

    class Meta:
        model = Product
        fields = ("sku", "name", "unit_price", "currency", "tax_rate", *_TAXATION)

    def clean(self) -> dict[str, Any]:
        """What does not go together is said at its field."""
        cleaned = super().clean() or self.cleaned_data
        cleaned["unit_code"] = cleaned.get("unit_code") or DEFAULT_UNIT
        if not self.errors:
            product = PricedProduct(**({"sku": self.instance.pk} | cleaned))
            for problem in problems_of_taxation(product):
                self.add_error(problem.pointer[1:], problem.detail)
        return cleaned

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:  # as a person writes them, not with all the decimals that a column has
            self.initial["unit_price"] = Decimal(format_price(self.instance.price_now, self.instance.currency))
            self.initial["tax_rate"] = Decimal(plain_text(self.instance.tax_rate))


@register(Product)
class ProductAdmin(BigTableAdmin):
    """Products are added and changed through the catalogue, which tells the processes that price orders.

    None is deleted: stock and orders name them.
    """

    form = ProductForm
    list_display = ("sku", "name", "price", "tax", "updated_at", "stock")
    ordering = ("sku",)
    panels = {prices: "orders.view_price", withdrawn_prices: "orders.view_price"}
    actions_detail = ("set_price", "withdraw_price")
    search_by = {"sku": beginning("sku", parse_sku), "name": with_words("name")}
    search_help_text = "Beginning of a sku, or words of a name"
    fields = (
        "sku",
        "name",
        ("unit_price", "currency"),
        ("tax_rate", "unit_code"),
        "tax_category",
        ("tax_reason_code", "tax_reason"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return Product.objects.with_price_now()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        """The product with just this sku first."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        sku = ascii_upper(trim(search_term))
        if not sku or "\x00" in sku:
            return found.order_by("sku"), may_repeat
        return found.order_by(Case(When(sku=sku, then=0), default=1), "sku"), may_repeat

    def result_label(self, product: Product) -> str:
        """A product that a form found, with what it costs now."""
        return f"{product.sku} · {product.name} · {self.price(product)}"

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        return () if obj is None else ("sku", "stock")

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        return (*self.fields, "stock") if obj is not None and _sees_stock(request) else self.fields

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return self.list_display if _sees_stock(request) else self.list_display[:-1]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @action(description="Set a price", permissions=["change"])  # type: ignore[untyped-decorator]
    def set_price(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return price_page(request, existing(self.get_object(request, unquote(object_id))))

    @action(description="Withdraw a price", permissions=["change"])  # type: ignore[untyped-decorator]
    def withdraw_price(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return withdrawal_page(request, existing(self.get_object(request, unquote(object_id))))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Where somebody adds the same product at this moment, lead to theirs."""
        try:
            return super().add_view(request, form_url, extra_context)
        except ProductExists as error:
            self.message_user(request, f"Nothing was added: {error}.", messages.ERROR)
            return redirect(admin_url("orders.product", error.sku))

    def save_model(self, request: HttpRequest, obj: Product, form: ProductForm, change: bool) -> None:
        actor = request.user.get_username()
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            change_product(sku=obj.sku, changes=changes, actor=actor)
        else:
            create_product(product=PricedProduct(**form.cleaned_data), actor=actor)

    @display(description="unit price")
    def price(self, product: Product) -> str:
        return money(product.price_now, product.currency)

    @display(description="tax rate")
    def tax(self, product: Product) -> str:
        return percentage(product.tax_rate)

    @display(description="stock")
    def stock(self, product: Product) -> SafeString:
        return admin_link("inventory.stockitem", product.sku, "stock item")


def _sees_stock(request: HttpRequest) -> bool:
    return may_view(request.user, "inventory.stockitem")
