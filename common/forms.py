"""Form fields with the API's parsers, for query parameters and for the admin's forms."""

from collections.abc import Callable
from typing import Any

from django import forms

from common.fields import parse_currency
from common.text import ascii_upper


class ParsedField(forms.Field):
    """A field whose text is parsed by a function of common.fields; "" where nothing was entered.

    Unlike `forms.CharField` it leaves trimming and the check of the length to that function.
    """

    def __init__(self, *, parse: Callable[[object], object], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._parse = parse

    def to_python(self, value: Any) -> object:
        if value in self.empty_values:
            return ""
        try:
            return self._parse(value)
        except ValueError as error:
            raise forms.ValidationError(sentence(str(error))) from None


def parse_typed_currency(text: object) -> str:
    """A currency code that a person typed, in letters of either case.

    Raises:
        ValueError: as parse_currency.
    """
    return parse_currency(ascii_upper(str(text)))


def sentence(text: str) -> str:
    """An error of the API as a form shows it."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")
