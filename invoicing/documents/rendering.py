"""Making a document in a format. Imported late: typst, factur-x and the locales are for those who render only."""

from babel import Locale
from django.conf import settings
from msgspec.structs import replace

from invoicing.documents import typesetting
from invoicing.documents.document import Document
from invoicing.documents.en16931 import missing
from invoicing.documents.formats import Format
from invoicing.documents.locales import locale_for
from invoicing.documents.payment_terms import payment_terms
from invoicing.documents.sheet import Sheet, sheet_of
from invoicing.documents.xml import electronic_invoice, embed


def render(document: Document, form: Format, language: str) -> bytes:
    """The bytes of a document.

    Args:
        language: of those for people; empty: the buyer's.

    Raises:
        NoElectronicInvoice: UBL or CII that cannot be.
        BusyRendering: others are being made, for too long.
    """
    locale = locale_for(
        country=document.buyer.country,
        language=language,
        default=settings.DEFAULT_DOCUMENT_LANGUAGE,
        own=document.locale,
    )
    document = _with_terms(document, locale)
    if not form.is_for_people:
        return electronic_invoice(document, form.syntax)
    sheet = sheet_of(document, locale)
    return typesetting.html(sheet).encode() if form is Format.HTML else _pdf(document, sheet)


def _with_terms(document: Document, locale: Locale) -> Document:
    """The document with its terms of payment in words."""
    return replace(document, payment=replace(document.payment, terms=payment_terms(document, locale)))


def _pdf(document: Document, sheet: Sheet) -> bytes:
    """The PDF of a document, with the electronic invoice in it where there is one."""
    made = typesetting.pdf(sheet, document.issued_at)
    if missing(document):
        return made
    return embed(made, document, title=sheet.title, language=sheet.language)
