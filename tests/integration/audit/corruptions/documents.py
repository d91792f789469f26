"""Corruptions of stored documents."""

from hashlib import sha256

from invoicing.models import Invoice, StoredDocument
from tests.integration.audit.corruptions.table import corruption

CONTENT = b"%PDF-1.7"


@corruption("stored_document_is_of_what_was_issued")
def _a_document_of_no_invoice(shop, sql):
    _store("INV-1999-000001")


@corruption("stored_document_is_as_it_was_made")
def _a_document_with_other_bytes(shop, sql):
    _store(Invoice.objects.earliest("pk").number)
    sql("ALTER TABLE invoicing_storeddocument DROP CONSTRAINT stored_document_hash_is_of_content")
    sql("ALTER TABLE invoicing_storeddocument DISABLE TRIGGER stored_document_never_changes")
    sql("UPDATE invoicing_storeddocument SET content = 'another'")


def _store(number: str) -> None:
    digest = sha256(CONTENT).hexdigest()
    StoredDocument.objects.create(number=number, format="pdf", content=CONTENT, sha256=digest)
