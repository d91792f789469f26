"""The terms of payment in words (BT-20)."""

from babel import Locale

from invoicing.documents.document import Document
from invoicing.documents.labels import LABELS
from invoicing.documents.locales import Formats


def payment_terms(document: Document, locale: Locale) -> str:
    """The sentence with the due date; empty where nothing is due on a day, as on a credit note."""
    if document.due_date is None:
        return ""
    due = Formats(locale, document.currency).date(document.due_date)
    return LABELS[locale.language].payable_by.format(date=due)
