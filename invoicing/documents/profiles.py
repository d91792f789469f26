"""Which rules beyond EN 16931 an electronic invoice promises to keep (BT-24, CustomizationID), by what is known.

| Profile | Taken if |
|---|---|
| XRechnung 3.0 | the buyer is in Germany, and all is known that German public buyers ask for |
| Peppol BIS 3 | UBL only: all is known that it and the seller's country ask for, see peppol.py |
| EN 16931 | otherwise |
"""

import re
from enum import StrEnum

from invoicing.documents.document import Document, Kind, Party
from invoicing.documents.peppol import is_of_peppol


class Syntax(StrEnum):
    """The two syntaxes of EN 16931."""

    UBL = "ubl"
    CII = "cii"


class Profile(StrEnum):
    """The identifiers that a document bears as BT-24."""

    EN16931 = "urn:cen.eu:en16931:2017"
    PEPPOL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
    XRECHNUNG = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"


# BT-23 of XRechnung and Peppol BIS 3 alike.
BUSINESS_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"

_GERMANY = "DE"
_PHONE = re.compile(r"(?:.*\d){3}")  # BR-DE-27
_EMAIL = re.compile(r"[^@\s.][^@\s]*@[^@\s]*[^@\s.]")  # BR-DE-28


def profile_of(document: Document, syntax: Syntax) -> Profile:
    if _has_what_xrechnung_asks_for(document) and _says_when_to_pay(document, syntax):
        return Profile.XRECHNUNG
    if syntax is Syntax.UBL and is_of_peppol(document):
        return Profile.PEPPOL
    return Profile.EN16931


def _has_what_xrechnung_asks_for(document: Document) -> bool:
    seller, buyer = document.seller, document.buyer
    contact = seller.contact
    return (
        buyer.country == _GERMANY
        and all((document.buyer_reference, document.payment.iban))  # BR-DE-15, BR-DE-1
        and all(map(_has_place, _with_delivery(document)))
        and all((contact.name, _PHONE.match(contact.phone), _EMAIL.fullmatch(contact.email)))
        and seller.electronic_address is not None
        and buyer.electronic_address is not None
    )


def _says_when_to_pay(document: Document, syntax: Syntax) -> bool:
    """BR-CO-25. A credit note does not, which XRechnung's rules for UBL allow, and those for CII do not."""
    return document.due_date is not None or (syntax is Syntax.UBL and document.kind is Kind.CREDIT_NOTE)


def _with_delivery(document: Document) -> list[Party]:
    parties = [document.seller, document.buyer]
    return [*parties, document.delivery] if document.delivery else parties


def _has_place(party: Party) -> bool:
    """BR-DE-3, -4, -8 to -11."""
    return bool(party.city and party.postal_code)
