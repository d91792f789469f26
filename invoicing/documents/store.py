"""Documents as they were first made: each is made once, and stays the same bytes for ever."""

from collections.abc import Callable
from hashlib import sha256

from django.db import transaction

from invoicing.documents.document import Document
from invoicing.documents.formats import Format
from invoicing.exceptions import DocumentTooLarge
from invoicing.models import MAX_DOCUMENT_BYTES, StoredDocument


def stored_document(number: str, form: Format, language: str, document_of: Callable[[], Document]) -> StoredDocument:
    """The stored document; made and stored now, if nobody has asked for it before.

    Whoever asks at the same time may make it too; one is stored, and all get that one.

    Args:
        language: empty: that of the buyer's country.
        document_of: says what is on it, if it has to be made.

    Raises:
        NoElectronicInvoice, BusyRendering: see rendering.render.
        DocumentTooLarge: it has more than MAX_DOCUMENT_BYTES.
    """
    key = {"number": number, "format": form.value, "language": language if form.is_for_people else ""}
    stored = StoredDocument.objects.filter(**key).first()
    if stored is None:
        content = _made(document_of(), form, language)
        with transaction.atomic():
            row = StoredDocument(**key, content=content, sha256=sha256(content).hexdigest())
            StoredDocument.objects.bulk_create([row], ignore_conflicts=True)
        stored = StoredDocument.objects.get(**key)
    return stored


def _made(document: Document, form: Format, language: str) -> bytes:
    from invoicing.documents.rendering import render

    content = render(document, form, language)
    if len(content) > MAX_DOCUMENT_BYTES:
        raise DocumentTooLarge
    return content
