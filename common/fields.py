"""The types of fields that the apps' inputs share. The descriptions complete "must be …" in errors."""

import re
from abc import ABCMeta
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from common.countries import parse_country
from common.locales import parse_locale
from common.money import exponent_of
from common.text import parse_text, trim
from common.timestamps import parse_timestamp
from common.vat_ids import parse_vat_id

DEFAULT_UNIT = "C62"  # one, a piece: UN/ECE Recommendation 20

_SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_UNIT_CODE = re.compile(r"[A-Z0-9]{2,3}")
_ELECTRONIC_SCHEME = re.compile(r"[0-9]{4}|EM|A[NQSU]")
_REASON_CODE = re.compile(r"VATEX-[A-Z0-9-]{2,30}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_EXACT = Context(prec=18, traps=[])  # the digits of the largest price

_CLOCKS_DIFFER = timedelta(minutes=5)  # of the machines that write files and that import them

Quantity = Annotated[int, msgspec.Meta(ge=1, le=1_000_000, description="a whole number from 1 to 1000000")]


def parse_text64(value: object) -> str:
    """A text of 1 to 64 characters: see common.text.parse_text."""
    return parse_text(value, max_length=64)


def parse_text200(value: object) -> str:
    """A text of 1 to 200 characters: see common.text.parse_text."""
    return parse_text(value, max_length=200)


def parse_sku(value: object) -> str:
    """A sku as it is stored: trimmed, and a-z in upper case. Other letters are not mapped to A-Z, as `upper` would.

    Raises:
        ValueError: not a sku.
    """
    sku = trim(value) if isinstance(value, str) else ""
    if not _SKU.fullmatch(sku):
        raise ValueError(
            "must be 1 to 64 letters A-Z, digits, spaces, dots, hyphens or underscores, not starting with a sign"
        )
    return sku.upper()


def parse_currency(value: object) -> str:
    """A currency code, trimmed.

    Raises:
        ValueError: not a currency of ISO 4217, or no money, such as XAU.
    """
    currency = trim(value) if isinstance(value, str) else ""
    if exponent_of(currency) is None:
        raise ValueError("must be a currency code of ISO 4217, such as GBP")
    return currency


def parse_unit_price(value: object) -> Decimal:
    """Raises:
    ValueError: not a number, or not one that can be a price.
    """
    number = _number(value, decimals=6)
    if number is None or not 0 <= number < 10**12:
        raise ValueError("must be a number of 0 or more, below 1000000000000, with at most 6 decimals")
    return number


def parse_tax_rate(value: object) -> Decimal:
    """Raises:
    ValueError: not a fraction.
    """
    number = _number(value, decimals=4)
    if number is None or not 0 <= number <= 1:
        raise ValueError("must be a fraction from 0 to 1 with at most 4 decimals: 0.2 is 20 %")
    return number


def parse_unit_code(value: object) -> str:
    """Raises:
    ValueError: not of the form that the codes of UN/ECE Recommendation 20 have.
    """
    code = trim(value) if isinstance(value, str) else ""
    if not _UNIT_CODE.fullmatch(code):
        raise ValueError("must be a unit code of UN/ECE Recommendation 20, such as C62 (one) or KGM")
    return code


def parse_electronic_scheme(value: object) -> str:
    """Raises:
    ValueError: not of the form that the codes of the list of electronic address schemes (EAS) have.
    """
    scheme = trim(value) if isinstance(value, str) else ""
    if not _ELECTRONIC_SCHEME.fullmatch(scheme):
        raise ValueError("must be a code of the EAS list, such as 0088 (GLN), 9930 (German VAT) or EM (e-mail)")
    return scheme


def parse_email(value: object) -> str:
    """Raises:
    ValueError: not of the form of an e-mail address.
    """
    email = trim(value) if isinstance(value, str) else ""
    try:
        validate_email(email)
    except ValidationError:
        raise ValueError("must be an e-mail address") from None
    return email


def parse_product_category(value: object) -> str:
    """Raises:
    ValueError: no tax category that a product may have.
    """
    if value not in ("S", "Z", "E", "AE"):
        raise ValueError("must be S (standard), Z (zero), E (exempt) or AE (a service, reverse charge abroad)")
    return str(value)


def parse_reason_code(value: object) -> str:
    """Raises:
    ValueError: not of the form of the codes of EN 16931's list of exemption reasons.
    """
    code = trim(value) if isinstance(value, str) else ""
    if not _REASON_CODE.fullmatch(code):
        raise ValueError("must be a code of the VATEX list, such as VATEX-EU-132")
    return code


def parse_past_timestamp(value: object) -> datetime:
    """A timestamp that is not in the future, by more than clocks differ: see common.timestamps.parse_timestamp.

    Raises:
        ValueError: not a timestamp, or one that is yet to come.
    """
    at = parse_timestamp(value)
    if at > datetime.now(UTC) + _CLOCKS_DIFFER:
        raise ValueError("must not be in the future; a time without an offset is UTC")
    return at


def _number(value: object, *, decimals: int) -> Decimal | None:
    """A decimal number from JSON, where it may also be a string, without trailing zeros.

    None if it is not a number, or has more decimals, or more digits than the largest price.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    number = Decimal(value)
    exact = number.quantize(Decimal((0, (1,), -decimals)), context=_EXACT)  # not a number if it has too many digits
    return exact.normalize() + 0 if exact == number else None


def _checked(parse: Callable[[object], object], result: type) -> type:
    """A type for msgspec whose values are parsed by `parse`; they are plain instances of `result`."""
    checked = ABCMeta(parse.__name__, (), {"parse": staticmethod(parse)})
    checked.register(result)
    return checked


if TYPE_CHECKING:
    Text64 = str
    Text200 = str
    Sku = str
    Currency = str
    UnitPrice = Decimal
    TaxRate = Decimal
    Timestamp = datetime
    PastTimestamp = datetime
    Country = str
    VatId = str
    Locale = str
    Email = str
    ElectronicScheme = str
    UnitCode = str
    ProductCategory = str
    ReasonCode = str
else:
    Text64 = _checked(parse_text64, str)
    Text200 = _checked(parse_text200, str)
    Sku = _checked(parse_sku, str)
    Currency = _checked(parse_currency, str)
    UnitPrice = _checked(parse_unit_price, Decimal)
    TaxRate = _checked(parse_tax_rate, Decimal)
    Timestamp = _checked(parse_timestamp, datetime)
    PastTimestamp = _checked(parse_past_timestamp, datetime)
    Country = _checked(parse_country, str)
    VatId = _checked(parse_vat_id, str)
    Locale = _checked(parse_locale, str)
    Email = _checked(parse_email, str)
    ElectronicScheme = _checked(parse_electronic_scheme, str)
    UnitCode = _checked(parse_unit_code, str)
    ProductCategory = _checked(parse_product_category, str)
    ReasonCode = _checked(parse_reason_code, str)


def parse_checked(type_: Any, value: object) -> object:
    """msgspec's `dec_hook` for the types above."""
    return type_.parse(value)
