"""Lines of an order in a form: a product, which is searched for, and a quantity, as many rows as one likes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.urls import reverse

from common.fields import parse_sku
from common.forms import sentence
from orders.models import Product

MOST_ROWS = 200
_EMPTY_ROWS = 3  # of a page that nobody has filled in
_MOST_UNITS = 1_000_000
_UNITS = f"Enter a whole number from 1 to {_MOST_UNITS}."

Entered = tuple[str, str]  # a sku, and a quantity, as they were entered


@dataclass(frozen=True, slots=True)
class Row:
    """A line as the page shows it; `label` is what the chosen product is called."""

    sku: str = ""
    label: str = ""
    quantity: str = ""
    errors: Sequence[str] = ()


class LinesWidget(forms.Widget):
    """Reads the rows, which the page's template writes. A browser sends both fields of each row, be they empty."""

    _minified = "" if settings.DEBUG else ".min"
    js = (
        f"admin/js/vendor/jquery/jquery{_minified}.js",
        "admin/js/vendor/select2/select2.full.js",
        "admin/js/jquery.init.js",
        "unfold/js/select2.init.js",
    )
    css = {"screen": ("admin/css/vendor/select2/select2.css", "admin/css/autocomplete.css")}

    def value_from_datadict(self, data: Any, files: object, name: str) -> list[Entered]:
        skus, quantities = data.getlist("sku"), data.getlist("quantity")
        missing = len(skus) - len(quantities)
        return list(zip([*skus, *[""] * -missing], [*quantities, *[""] * missing], strict=True))


class LinesField(forms.Field):
    """Its value is a list of skus with quantities, without the rows that are empty."""

    widget = LinesWidget

    def clean(self, value: Any) -> list[tuple[str, int]]:
        """Raises:
        ValidationError: there is no line, or one is wrong: `rows` says which.
        """
        filled = [value[place] for place in self.filled_rows(value)]
        if not filled:
            raise forms.ValidationError("Choose at least one product.")
        if len(filled) > MOST_ROWS:
            raise forms.ValidationError(f"This page takes up to {MOST_ROWS} lines. Place the rest as another order.")
        if any(_errors(*entered) for entered in filled):
            raise forms.ValidationError("Some lines are not complete: see below.")
        return [(parse_sku(sku), int(quantity)) for sku, quantity in filled]

    def filled_rows(self, value: Sequence[Entered]) -> list[int]:
        """The places of the rows in which something was entered."""
        return [place for place, (sku, quantity) in enumerate(value) if sku.strip() or quantity.strip()]

    def rows(self, value: Sequence[Entered] | None, errors: Mapping[int, Sequence[str]]) -> Iterator[Row]:
        """The rows as they were entered, each with its errors; `errors` has those that were found later, by place."""
        if not value:
            yield from [Row()] * _EMPTY_ROWS
            return
        value = value[: 2 * MOST_ROWS]
        labels = _labels({sku for sku, _ in value})
        for place, (sku, quantity) in enumerate(value):
            found = errors.get(place) or _errors(sku, quantity)
            yield Row(sku, labels.get(sku, sku), quantity, found)

    @property
    def search_address(self) -> str:
        return reverse("admin:autocomplete")


def _errors(sku: str, quantity: str) -> list[str]:
    """What is wrong with a row; an empty one is right."""
    if not sku.strip() and not quantity.strip():
        return []
    return [*_errors_of_sku(sku), *_errors_of_quantity(quantity)]


def _errors_of_sku(sku: str) -> list[str]:
    if not sku.strip():
        return ["Choose a product."]
    try:
        parse_sku(sku)
    except ValueError as error:
        return [sentence(f"the sku {error}")]
    return []


def _errors_of_quantity(quantity: str) -> list[str]:
    digits = quantity.strip()
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= len(str(_MOST_UNITS))
    return [] if is_number and 1 <= int(digits) <= _MOST_UNITS else [_UNITS]


def _labels(skus: set[str]) -> dict[str, str]:
    known = Product.objects.filter(pk__in=[sku for sku in skus if "\x00" not in sku])
    return {sku: f"{sku} · {name}" for sku, name in known.values_list("sku", "name")}
