"""Electronic invoices by EN 16931: UBL 2.1 and CII, made by factur-x. Imported late: only who renders needs it."""

import logging
import threading

import facturx

from invoicing.documents.codes import with_listed_codes
from invoicing.documents.document import Document
from invoicing.documents.en16931 import missing, terms_of
from invoicing.documents.profiles import BUSINESS_PROCESS, Profile, Syntax, profile_of
from invoicing.exceptions import NoElectronicInvoice

_FLAVORS = {Syntax.UBL: "ubl-2.1", Syntax.CII: "factur-x"}
_LEVEL = "en16931"
_NIL = b'<ram:ApplicableHeaderTradeDelivery xsi:nil="true"/>'

logging.getLogger("factur-x").setLevel(logging.WARNING)  # it tells of each file

# factur-x completes lists of its own at the first document that has a place of delivery.
_generating = threading.Lock()


def electronic_invoice(document: Document, syntax: Syntax, profile: Profile | None = None) -> bytes:
    """The document as XML.

    Args:
        profile: which rules it promises to keep; None: the strictest that what is known allows.

    Raises:
        NoElectronicInvoice: something is missing, or the currency has too many decimals.
    """
    if problems := missing(document):
        raise NoElectronicInvoice(document.number, problems)
    document = with_listed_codes(document)
    profile = profile or profile_of(document, syntax)
    terms = terms_of(document)
    if profile is not Profile.EN16931:
        terms["BT-23"] = BUSINESS_PROCESS
    with _generating:
        made: bytes = facturx.generate_xml(
            terms, flavor=_FLAVORS[syntax], level=_LEVEL, check_xsd=False, check_schematron=False
        )
    return _with_profile(made, profile)


def _with_profile(made: bytes, profile: Profile) -> bytes:
    """factur-x knows one identifier for its level, and marks a delivery of which nothing is known as nil, which the
    schema does not take. No data looks like either: it has no `<`, and comes behind the identifier."""
    made = made.replace(_NIL, b"<ram:ApplicableHeaderTradeDelivery/>", 1)
    return made.replace(f">{Profile.EN16931}<".encode(), f">{profile}<".encode(), 1)


def embed(pdf: bytes, document: Document, *, title: str, language: str) -> bytes:
    """The PDF with the document as XML in it, as Factur-X has it; it stays PDF/A-3b. Its metadata bear the time."""
    embedded: bytes = facturx.generate_from_binary(
        pdf,
        electronic_invoice(document, Syntax.CII, Profile.EN16931),
        flavor="factur-x",
        level=_LEVEL,
        check_xsd=False,
        pdf_metadata={"title": title, "author": document.seller.name, "subject": title, "keywords": "Factur-X"},
        lang=language,
    )
    return embedded
