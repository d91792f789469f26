"""Under which category of value added tax a line is sold: by its product, its buyer, and who bills it.

The codes are those of EN 16931 (UNCL 5305), the reasons' codes those of its VATEX list. docs/decisions says which cases
the rules cover. Pure: neither Django nor the database.
"""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import msgspec

from common.countries import EU_VAT_STATES, NORTHERN_IRELAND, vat_territory
from common.errors import FieldError
from common.parties import Party
from common.vat_ids import country_of


class TaxCategory(StrEnum):
    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    EXPORT = "G"
    INTRA_COMMUNITY = "K"


# What a product may be by itself. One of reverse charge is a service: taxed as usual, except for businesses abroad.
OF_PRODUCTS = (TaxCategory.STANDARD, TaxCategory.ZERO, TaxCategory.EXEMPT, TaxCategory.REVERSE_CHARGE)
_STANDARD, _ZERO, _EXEMPT, _SERVICE = (category.value for category in OF_PRODUCTS)  # an enum's members are slower
_CODES = [category.value for category in TaxCategory]
_REASONS_OF_OTHERS = ("VATEX-EU-AE", "VATEX-EU-IC", "VATEX-EU-G", "VATEX-EU-O")
_NO_TAX = Decimal(0)
_UNITED_KINGDOM = {"GB", NORTHERN_IRELAND}


class Taxation(msgspec.Struct, frozen=True):
    """How a line is taxed: `rate` is a fraction; other than S and Z, a category has a reason, or its code, or both."""

    category: str
    rate: Decimal
    reason_code: str | None = None
    reason: str | None = None


class TaxedProduct(Protocol):
    """A product as far as its tax goes; without a category it is S, or Z at a rate of 0."""

    @property
    def tax_rate(self) -> Decimal: ...
    @property
    def tax_category(self) -> str: ...
    @property
    def tax_reason_code(self) -> str: ...
    @property
    def tax_reason(self) -> str: ...


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """From where to where an order is sold: VAT territories of common.countries.

    `origin` is the issuer's, `destination` where the goods go, `buyer` the buyer's; `vat_country`: of its VAT id.
    """

    origin: str
    destination: str
    buyer: str
    vat_country: str | None


REVERSE_CHARGE = Taxation(TaxCategory.REVERSE_CHARGE.value, _NO_TAX, "VATEX-EU-AE", "Reverse charge")
INTRA_COMMUNITY = Taxation(TaxCategory.INTRA_COMMUNITY.value, _NO_TAX, "VATEX-EU-IC", "Intra-community supply")
EXPORT_FROM_EU = Taxation(TaxCategory.EXPORT.value, _NO_TAX, "VATEX-EU-G", "Export outside the EU")
EXPORT = Taxation(TaxCategory.EXPORT.value, _NO_TAX, None, "Export")


_USUAL_REASONS = {each.category: each for each in (REVERSE_CHARGE, INTRA_COMMUNITY, EXPORT)}


def sale_of(*, issuer_country: str, issuer_postal_code: str | None, bill_to: Party, ship_to: Party | None) -> Sale:
    goods_to = ship_to or bill_to
    return Sale(
        origin=vat_territory(issuer_country, issuer_postal_code),
        destination=vat_territory(goods_to.country, goods_to.postal_code),
        buyer=vat_territory(bill_to.country, bill_to.postal_code),
        vat_country=country_of(bill_to.vat_id) if bill_to.vat_id else None,
    )


def taxation_of(product: TaxedProduct, sale: Sale | None) -> Taxation:
    """How a product is taxed in a sale; `None`: nobody knows from where to where, so as the product says."""
    if sale is None or product.tax_category == _EXEMPT:
        return _as_at_home(product)
    is_service = product.tax_category == _SERVICE
    place = sale.buyer if is_service else sale.destination
    if place == sale.origin or {place, sale.origin} == _UNITED_KINGDOM:
        return _as_at_home(product)
    if not _is_in_eu(sale.origin, is_service=is_service):
        return EXPORT
    if not _is_in_eu(place, is_service=is_service):
        return EXPORT_FROM_EU
    if not _is_business_abroad(sale, is_service=is_service):
        return _as_at_home(product)
    return REVERSE_CHARGE if is_service else INTRA_COMMUNITY


def taxation_as_told(told: Taxation | None, by_catalogue: Taxation) -> Taxation:
    """How a line is taxed of which somebody says so who knows; without a category, told is the rate alone."""
    if told is None or (not told.category and told.rate == by_catalogue.rate):
        return by_catalogue
    return told if told.category else Taxation(_STANDARD if told.rate else _ZERO, told.rate)


def with_usual_reason(told: Taxation) -> Taxation:
    """The same with the reason that its category always has, unless it has one of its own."""
    usual = _USUAL_REASONS.get(told.category)
    return told if usual is None or told.reason_code or told.reason else usual


def problems_of_line(told: Taxation) -> Iterator[FieldError]:
    """What does not go together of the tax that somebody says a line has, by the fields of a product's."""
    has_reason = bool(told.reason_code or told.reason)
    if told.category and told.category not in _CODES:
        yield FieldError("/tax_category", f"must be one of {', '.join(_CODES)}")
        return
    if told.category == _STANDARD and not told.rate:
        yield FieldError("/tax_category", "S takes a tax rate above 0")
    if told.category not in ("", _STANDARD) and told.rate:
        yield FieldError("/tax_category", f"{told.category} takes a tax rate of 0")
    if told.category == _EXEMPT and not has_reason:
        yield FieldError("/tax_reason", "is missing: E takes a tax_reason, a tax_reason_code, or both")
    if told.category in ("", _STANDARD, _ZERO) and has_reason:
        yield FieldError("/tax_reason", "does not go with the tax category")


def problems_of_taxation(product: TaxedProduct) -> Iterator[FieldError]:
    """What does not go together of a product's tax, by its fields."""
    category, rate = product.tax_category, product.tax_rate
    if category in (_STANDARD, _SERVICE) and not rate:
        yield FieldError("/tax_category", f"{category} takes a tax rate above 0")
    if category in (_ZERO, _EXEMPT) and rate:
        yield FieldError("/tax_category", f"{category} takes a tax rate of 0")
    has_reason = bool(product.tax_reason_code or product.tax_reason)
    if category == _EXEMPT and not has_reason:
        yield FieldError("/tax_reason", "is missing: E takes a tax_reason, a tax_reason_code, or both")
    if product.tax_reason_code in _REASONS_OF_OTHERS:
        yield FieldError("/tax_reason_code", "is the reason of another tax category than E")
    if category != _EXEMPT and has_reason:
        yield FieldError("/tax_reason", "only goes with the tax category E")


def _as_at_home(product: TaxedProduct) -> Taxation:
    if product.tax_category == _EXEMPT:
        return Taxation(_EXEMPT, product.tax_rate, product.tax_reason_code or None, product.tax_reason or None)
    return Taxation(_STANDARD if product.tax_rate else _ZERO, product.tax_rate)


def _is_in_eu(territory: str, *, is_service: bool) -> bool:
    """Northern Ireland is, for goods only."""
    return territory in EU_VAT_STATES and not (is_service and territory == NORTHERN_IRELAND)


def _is_business_abroad(sale: Sale, *, is_service: bool) -> bool:
    """Whether the buyer has the VAT id of a member state other than the issuer's."""
    country = sale.vat_country
    return country is not None and country != sale.origin and _is_in_eu(country, is_service=is_service)
