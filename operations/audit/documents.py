"""Promises about stored documents: each is of what was issued, and is as it was made."""

from operations.audit.check import Check, Scope

DOCUMENTS = (
    Check(
        "stored_document_is_of_what_was_issued",
        "No stored document without the invoice or credit note that it is of.",
        Scope.WHOLE,
        """
        SELECT document.number AS id, document.format || ', and nothing of this number was issued' AS detail
        FROM invoicing_storeddocument AS document
        WHERE NOT EXISTS (SELECT FROM invoicing_document AS issued WHERE issued.number = document.number)
        """,
    ),
    Check(
        "stored_document_is_as_it_was_made",
        "A stored document has the bytes that its hash says.",
        Scope.WHOLE,
        """
        SELECT number AS id, format || ' ' || language || ': its hash is not ' || sha256 AS detail
        FROM invoicing_storeddocument
        WHERE sha256 <> encode(sha256(content), 'hex')
        """,
    ),
)
