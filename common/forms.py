"""Form fields with the API's parsers, for query parameters and for the admin's forms."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from django import forms

from common.fields import parse_currency
from common.text import ascii_upper

T = TypeVar("T")

_DIGITS = re.compile(r"[+-]?\d+")
_NO_WHOLE_NUMBER = "Enter a whole number by its digits alone: 1000, without a point, comma or space."


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


class WholeNumberField(forms.IntegerField):
    """A field for a whole number. Django's takes `1.000`, which most of Europe writes for a thousand, for 1."""

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str) and value.strip() and not _DIGITS.fullmatch(value.strip()):
            raise forms.ValidationError(_NO_WHOLE_NUMBER, code="invalid")
        number: int | None = super().to_python(value)
        return number


def as_typed(parse: Callable[[object], T]) -> Callable[[object], T]:
    """A parser of numbers or codes that also takes them with the spaces or tabs that come along when they are pasted.

    Numbers of the API are not trimmed.
    """
    return lambda text: parse(str(text).strip())


def parse_typed_currency(text: object) -> str:
    """A currency code that a person typed, in letters of either case.

    Raises:
        ValueError: as parse_currency.
    """
    return parse_currency(ascii_upper(str(text)))


def sentence(text: str) -> str:
    """An error of the API as a form shows it."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")
