"""How a document writes dates, numbers and countries: by the language and the country of who reads it."""

from datetime import date
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import get_decimal_symbol, get_group_symbol

from common.money import exponent_of
from invoicing.documents.labels import LABELS


def document_locale(text: str) -> Locale:
    """The locale that a tag by BCP 47 names, such as de or en-GB.

    Raises:
        ValueError: there is no such locale, or documents are not translated into its language.
    """
    try:
        locale = Locale.parse(text, sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        raise ValueError("must be a locale that there is, such as de or en-GB") from None
    if locale.language not in LABELS:
        raise ValueError(f"must be in a language of documents: {', '.join(sorted(LABELS))}")
    return locale


def locale_for(*, country: str, language: str, default: str, own: str = "") -> Locale:
    """The locale of a document for somebody in `country`.

    Args:
        language: the one that was asked for; empty: that of the reader's own locale, or else what most people in the
            country speak, if documents are in it.
        default: the tag of the locale where that is not known or not translated.
        own: the tag of the locale that the reader wishes, if one is known.
    """
    usual = [locale for locale in (_of_tag(own), _of_country(country)) if locale is not None]
    wanted = {language} if language else LABELS.keys()
    for locale in usual:
        if locale.language in wanted:
            return locale
    if language:
        return _in_country(language, country) or Locale(language)
    return document_locale(default)


def _of_tag(tag: str) -> Locale | None:
    """A locale that was accepted with an order; what no version of Babel knows any more is none."""
    try:
        return Locale.parse(tag, sep="-") if tag else None
    except (UnknownLocaleError, ValueError):
        return None


def _of_country(country: str) -> Locale | None:
    """The locale of a country, with the language that Babel finds likely there."""
    try:
        return Locale.parse(f"und_{country}") if country else None
    except (UnknownLocaleError, ValueError):
        return None


def _in_country(language: str, country: str) -> Locale | None:
    try:
        return Locale(language, country) if country else None
    except UnknownLocaleError:
        return None


class Formats:
    """What is written differently from locale to locale."""

    def __init__(self, locale: Locale, currency: str) -> None:
        self._locale = locale
        self._decimals = exponent_of(currency) or 0
        self.tag = str(locale).replace("_", "-")
        # An apostrophe between digits is a quotation mark to Babel's patterns, which then lose it: 1'234'567 in de-CH.
        self._group = get_group_symbol(locale).replace("'", "’")
        self._point = get_decimal_symbol(locale)

    def date(self, day: date) -> str:
        return format_date(day, "long", locale=self._locale)

    def amount(self, amount: Decimal) -> str:
        """An amount, with the decimals of the currency."""
        return self._number(amount, self._decimals)

    def price(self, price: Decimal) -> str:
        """A price, with at least the decimals of the currency, and no needless zeros beyond."""
        return self._number(price, max(self._decimals, -int(price.normalize().as_tuple().exponent)))

    def quantity(self, quantity: int) -> str:
        return self._number(Decimal(quantity), 0)

    def percentage(self, rate: Decimal) -> str:
        """20 % for 0.2000."""
        percent = (rate * 100).normalize()
        return self._number(percent, max(0, -int(percent.as_tuple().exponent))) + "\u00a0%"

    def country(self, code: str) -> str:
        """The name of a country in the language; its code where there is none."""
        return str(self._locale.territories.get(code, code))

    def _number(self, number: Decimal, decimals: int) -> str:
        plain = f"{number:,.{decimals}f}"
        return plain.translate({ord(","): self._group, ord("."): self._point})
