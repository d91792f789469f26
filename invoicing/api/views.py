"""Invoices and credit notes over HTTP: views parse, call and answer."""

from functools import partial
from http import HTTPStatus

from django.db.models import F, QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.idempotency import IdempotentRequest
from api.openapi.operation import describe
from api.request_ids import trace_of
from api.validation import parse_body
from api.views import ApiViewSet
from invoicing.api.filters import DocumentFilters
from invoicing.api.schemas import CreditIn, CreditNoteOut, DocumentPage, InvoiceOut, credit_note_out, document_out
from invoicing.crediting import SentUnits, credit_invoice, nothing_was_sent
from invoicing.exceptions import MoreThanBilled, NotAnInvoice, NothingLeftToCredit, NotSent
from invoicing.models import Document
from invoicing.selectors import document_hashes, visible, visible_document, visible_invoice, whole_documents
from messaging.tracing import caused_by


class InvoiceViewSet(ApiViewSet[Document]):
    """Issued invoices and credit notes, which never change.

    Attributes:
        sent_units: given where the routes are made, as invoicing does not know what was sent.
    """

    lookup_field = "number"
    lookup_value_regex = r"[^/\x00]+"  # PostgreSQL has no text with a NUL to compare with
    filterset_class = DocumentFilters
    row_weight = F("line_count")
    action_permissions = {"credit": "invoicing.credit_invoice"}
    sent_units: SentUnits = staticmethod(nothing_was_sent)

    def get_queryset(self) -> QuerySet[Document]:
        return visible(Document.objects.all(), self.request.user)

    @describe(DocumentPage)
    def list(self, request: Request) -> Response:
        """Invoices and credit notes, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        whole = whole_documents(page or ())
        hashes = document_hashes([document.number for document in whole])
        return self.get_paginated_response(
            [document_out(each, _url(request, each.number), hashes[each.number]) for each in whole]
        )

    @describe(InvoiceOut | CreditNoteOut)
    def retrieve(self, request: Request, number: str) -> Response:
        """An invoice or a credit note."""
        document = visible_document(request.user, number)
        hashes = document_hashes([document.number])[document.number]
        return Response(document_out(document, _url(request, document.number), hashes))

    @action(detail=True, methods=["post"], example_body={"reason": "Returned", "restock": True})
    @describe(
        CreditNoteOut,
        status=HTTPStatus.CREATED,
        body=CreditIn,
        raises=(NotAnInvoice, NothingLeftToCredit, MoreThanBilled, NotSent),
        headers=["Location"],
    )
    def credit(self, request: Request, number: str) -> Response:
        """Credit quantities of an invoice's lines, or all that is left of it, by a credit note."""
        asked = parse_body(request, CreditIn)
        return IdempotentRequest(request).once(partial(_credit, request, number, asked, self.sent_units))


def _credit(request: Request, number: str, asked: CreditIn, sent_units: SentUnits) -> Response:
    invoice = visible_invoice(request.user, number)
    with caused_by(trace_of(request), invoice.order_id):
        note = credit_invoice(
            number=invoice.number,
            lines=asked.lines,
            reason=asked.reason,
            restock=asked.restock,
            sent_units=sent_units,
            actor=request.user.get_username(),
        )
    url = _url(request, note.number)
    return Response(credit_note_out(note, url, {}), status=HTTPStatus.CREATED, headers={"Location": url})


def _url(request: Request, number: str) -> str:
    return f"{request.scheme}://{request.get_host()}/invoices/{number}"
