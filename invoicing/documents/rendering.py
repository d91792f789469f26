"""Making a document in a format. Imported late: typst, factur-x and the locales are for those who render only."""

from django.conf import settings

from invoicing.documents import typesetting
from invoicing.documents.document import Document
from invoicing.documents.en16931 import missing
from invoicing.documents.formats import Format
from invoicing.documents.locales import locale_for
from invoicing.documents.sheet import Sheet, sheet_of
from invoicing.documents.xml import electronic_invoice, embed


def render(document: Document, form: Format, language: str) -> bytes:
    """The bytes of a document.

    Args:
        language: of those for people; empty: the one of the buyer's country.

    Raises:
        NoElectronicInvoice: UBL or CII that cannot be.
        BusyRendering: others are being made, for too long.
    """
    if not form.is_for_people:
        return electronic_invoice(document, form.syntax)
    sheet = _sheet(document, language)
    return typesetting.html(sheet).encode() if form is Format.HTML else _pdf(document, sheet)


def _sheet(document: Document, language: str) -> Sheet:
    default = settings.DEFAULT_DOCUMENT_LANGUAGE
    return sheet_of(document, locale_for(country=document.buyer.country, language=language, default=default))


def _pdf(document: Document, sheet: Sheet) -> bytes:
    """With the electronic invoice in it, where there is one."""
    made = typesetting.pdf(sheet, document.issued_at)
    if missing(document):
        return made
    return embed(made, document, title=sheet.title, language=sheet.language)
