"""Forms of the admin that ask for a quantity of each line of an order or an invoice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.widgets import BASE_INPUT_CLASSES

from api.form_pages import PageForm
from backoffice.panels import Column
from common.errors import FieldError
from common.forms import WholeNumberField

_MOST = 1_000_000  # units of a line
_PREFIX = "line_"
_OVERTAKEN = (
    "Meanwhile a part of this was done, maybe the same by somebody else. Nothing was done now: this is what is left. "
    "Send it again if it is to be done as well."
)


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

    It says what was left when it was shown, and is carried out only while that is so: two people who enter the same
    return each have a page, and enough may be left for both.

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

    left_when_shown = forms.CharField(required=False, widget=forms.HiddenInput)

    class Media:
        js = ("backoffice/forms.js",)

    def __init__(self, *args: Any, lines: Sequence[OpenLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines = lines
        self.fields["left_when_shown"].initial = _digest(lines)
        for line in lines:
            initial = line.left if self.filled and line.left else None
            self.fields[f"{_PREFIX}{line.line_no}"] = WholeNumberField(
                required=False, min_value=0, max_value=_MOST, initial=initial
            )

    def lock_lines(self) -> Sequence[OpenLine]:
        """The lines as they are, which nobody else changes until the caller's transaction ends."""
        raise NotImplementedError

    def take_step(self, request: HttpRequest) -> str:
        """Do what was chosen; what a person is told of it. As `carry_out`."""
        raise NotImplementedError

    def carry_out(self, request: HttpRequest) -> str:
        """Raises:
        OrderflowError: as `take_step`, which knows best what can't be done any more.
        ValidationError: something else is left than was shown.
        """
        lines = self.lock_lines()
        done = self.take_step(request)
        if self.cleaned_data["left_when_shown"] not in ("", _digest(lines)):
            self._lines = lines
            raise ValidationError(_OVERTAKEN)
        return done

    def reject(self, error: ValidationError) -> None:
        """Show what is left by now."""
        super().reject(error)
        self.data["left_when_shown"] = _digest(self._lines)

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


def _digest(lines: Sequence[OpenLine]) -> str:
    """What is left of each line, in a few characters: an order may have 2,000 lines."""
    return sha256(str([(line.line_no, line.left) for line in lines]).encode()).hexdigest()[:16]
