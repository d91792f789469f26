"""Forms of the admin that ask for a quantity of each line of an order or an invoice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from unfold.widgets import BASE_INPUT_CLASSES

from api.form_pages import PageForm
from backoffice.panels import Column
from common.errors import FieldError

_MOST = 1_000_000  # units of a line
_PREFIX = "line_"


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line as the page shows it: `cells` go with the form's columns, `left` are the units that may be chosen."""

    line_no: int
    left: int
    cells: Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line with its box; of a line of which nothing is left there is none, unless it is to blame."""

    cells: Sequence[tuple[Column, object]]
    left: int
    name: str
    label: str
    value: object
    errors: Sequence[str]

    @property
    def has_box(self) -> bool:
        return bool(self.left or self.errors)


class QuantitiesForm(PageForm):
    """A form with a box for each line. That no more is chosen than is left is the rule of whoever carries it out:
    a page that is sent twice finds nothing left, and has to be recognised before that.

    Attributes:
        columns: of the lines, before what is left and the boxes.
        left_title, box_title: of these two.
        filled: whether the boxes have all that is left at first, or nothing.
    """

    rows_template = "backoffice/quantities.html"
    columns: Sequence[Column] = ()
    left_title = "Left"
    box_title = ""
    filled = False
    box_classes = " ".join(BASE_INPUT_CLASSES)

    class Media:
        js = ("backoffice/forms.js",)

    def __init__(self, *args: Any, lines: Sequence[OpenLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines = lines
        for line in lines:
            initial = line.left if self.filled and line.left else None
            self.fields[f"{_PREFIX}{line.line_no}"] = forms.IntegerField(
                required=False, min_value=0, max_value=_MOST, initial=initial
            )

    @cached_property
    def chosen(self) -> Mapping[int, int]:
        """The quantities by line number, where there are any; of a form that is valid."""
        entered = ((line.line_no, self.cleaned_data.get(f"{_PREFIX}{line.line_no}")) for line in self._lines)
        return {line_no: quantity for line_no, quantity in entered if quantity}

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.chosen:
            self.add_error(None, "Enter a quantity for at least one line.")
        return self.cleaned_data

    def field_of(self, error: FieldError) -> str | None:
        """The box at which an error is shown: errors name the chosen lines by their place."""
        _, _, place = error.pointer.partition("/lines/")
        if not place:
            return super().field_of(error)
        return f"{_PREFIX}{list(self.chosen)[int(place.partition('/')[0])]}"

    def visible_fields(self) -> list[forms.BoundField]:
        """The fields that are not boxes for quantities."""
        return [field for field in super().visible_fields() if not field.name.startswith(_PREFIX)]

    @property
    def rows(self) -> Iterator[Row]:
        for line in self._lines:
            name = f"{_PREFIX}{line.line_no}"
            value = self[name].value()
            yield Row(
                cells=list(zip(self.columns, line.cells, strict=True)),
                left=line.left,
                name=name,
                label=f"{self.box_title}, line {line.line_no}",
                value="" if value is None else value,
                errors=[str(error) for error in self.errors.get(name, ())],
            )

    @property
    def anything_left(self) -> bool:
        return any(line.left for line in self._lines)
