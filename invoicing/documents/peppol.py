"""What Peppol BIS 3 asks for beyond EN 16931: addresses of its own list, and rules of the seller's country.

Rules that no field of ours can keep are never kept: then a document does not promise to be of Peppol.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from stdnum import ean
from stdnum.au import abn
from stdnum.be import vat as belgian
from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from invoicing.documents.document import Document, ElectronicAddress, Party

# Schemes of EN 16931's list (EAS) that are not of Peppol's (PEPPOL-EN16931-CL008).
_NOT_OF_PEPPOL = (
    *("0037", "0147", "0154", "0158", "0170", "0177", "0193", "0194", "0202", "0203", "0205", "0212", "0213", "0215"),
    *("0217", "AN", "AQ", "AS", "AU", "EM"),
)
# What identifiers of a scheme look like; of others nothing is asked (PEPPOL-COMMON-R040 to -R053).
_NUMBERS: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "0007": (r"\d{10}", swedish.is_valid),
    "0088": (r"\d{13}", ean.is_valid),
    "0096": (r"\d{10}", lambda _: True),
    "0151": (r"\d{11}", abn.is_valid),
    "0184": (r"(DK)?\d{8}", lambda _: True),
    "0192": (r"\d{9}", norwegian.is_valid),
    "0198": (r"DK\d{8}", lambda _: True),
    "0208": (r"\d{10}", belgian.is_valid),
}
_SWEDISH_RATES = (Decimal("0.06"), Decimal("0.12"), Decimal("0.25"))
_ITALIAN_TAX_ID = range(11, 17)  # characters


def is_of_peppol(document: Document) -> bool:
    has_reference = bool(document.buyer_reference or document.order_reference)  # PEPPOL-EN16931-R003
    has_addresses = all(map(_is_reached, (document.seller, document.buyer)))
    return has_reference and has_addresses and _keeps_rules_of_country(document)


def _keeps_rules_of_country(document: Document) -> bool:
    rules = _RULES.get(document.seller.country)
    return rules is None or rules(document)


def _is_reached(party: Party) -> bool:
    return party.electronic_address is not None and _is_address(party.electronic_address)


def _is_address(address: ElectronicAddress) -> bool:
    form, is_valid = _NUMBERS.get(address.scheme, (r".+", lambda _: True))
    has_form = re.fullmatch(form, address.value, re.ASCII) is not None
    return address.scheme not in _NOT_OF_PEPPOL and has_form and is_valid(address.value)


def _never(_: Document) -> bool:
    return False


def _keeps_german_rules(document: Document) -> bool:
    """At home the rules are those of XRechnung (DE-R-*), which is taken where they are kept."""
    return document.buyer.country != "DE"


def _keeps_italian_rules(document: Document) -> bool:
    """IT-R-001 to -004."""
    tax_id = document.seller.tax_id
    return _has_place(document.seller) and (not tax_id or len(tax_id) in _ITALIAN_TAX_ID)


def _keeps_dutch_rules(document: Document) -> bool:
    """NL-R-002, -004, -007. A company number takes its register's scheme, which we do not know (NL-R-003)."""
    seller, buyer = document.seller, document.buyer
    has_places = _has_place(seller) and (buyer.country != seller.country or _has_place(buyer))
    return has_places and bool(document.payment.iban) and not seller.legal_id


def _keeps_norwegian_rules(document: Document) -> bool:
    """NO-R-001."""
    return not document.seller.vat_id or document.seller.vat_id.endswith("MVA")


def _keeps_swedish_rules(document: Document) -> bool:
    """SE-R-003, -004, -006, -013."""
    number = document.seller.legal_id
    has_number = not number or _is_address(ElectronicAddress("0007", number))
    return has_number and all(tax.rate in _SWEDISH_RATES for tax in document.taxes if tax.category == "S")


def _has_place(party: Party) -> bool:
    return bool(party.street and party.city and party.postal_code)


_RULES: Mapping[str, Callable[[Document], bool]] = {
    "DE": _keeps_german_rules,
    "DK": _never,  # the scheme of the company number (DK-R-002, -014)
    "GR": _never,  # numbers of invoices of six parts, and that of the tax office's register (GR-R-001, -004)
    "IS": _never,  # the scheme of the company number (IS-R-002)
    "IT": _keeps_italian_rules,
    "NL": _keeps_dutch_rules,
    "NO": _keeps_norwegian_rules,
    "SE": _keeps_swedish_rules,
}
