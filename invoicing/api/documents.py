"""Invoices and credit notes as files: /invoices/{number}.pdf, .html and .xml."""

from base64 import b64encode
from functools import partial

from django.http import HttpResponse, HttpResponseBase
from django.utils.http import quote_etag
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.conditional import conditional_response
from api.exceptions import PreconditionFailed
from api.filters import read_choices
from api.json import JSONRenderer
from api.openapi.operation import describe
from api.views import ApiViewSet
from invoicing.documents.formats import Format
from invoicing.documents.labels import LABELS
from invoicing.documents.profiles import Syntax
from invoicing.documents.rows import document_of
from invoicing.documents.store import stored_document
from invoicing.exceptions import BusyRendering, DocumentTooLarge, NoElectronicInvoice
from invoicing.models import Invoice, StoredDocument
from invoicing.selectors import visible_document

# A page loads and runs nothing. Its style is in it, and may be that of an older version, so no hash would name it; the
# viewers of browsers show a PDF as an object with styles.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; object-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"  # noqa: E501


_LANGUAGES = {"language": list(LABELS)}
_SYNTAXES = {"syntax": list(Syntax)}
_WORDS = {"language": "Of the words; left out: the buyer's.", "syntax": "ubl if it is left out."}
_RAISES = (BusyRendering, DocumentTooLarge, PreconditionFailed)
_describe = partial(
    describe, headers=["ETag", "Repr-Digest", "Content-Disposition"], raises=_RAISES, query_words=_WORDS
)


class DocumentViewSet(ApiViewSet[Invoice]):
    """What was issued, as it was first made: the same bytes at every request."""

    list_actions = ("pdf", "html", "xml")  # those that take parameters

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:  # noqa: ARG002
        """The address says what one gets; errors alone are rendered, as JSON."""
        renderer = JSONRenderer()
        return renderer, renderer.media_type

    @_describe(bytes, query=_LANGUAGES, media_types=[Format.PDF.media_type])
    def pdf(self, request: Request, number: str) -> HttpResponseBase:
        """PDF/A-3b, with the electronic invoice in it (Factur-X) where there can be one."""
        return _response(request, number, Format.PDF, _language(request))

    @_describe(str, query=_LANGUAGES, media_types=["text/html"])
    def html(self, request: Request, number: str) -> HttpResponseBase:
        """A page for a browser."""
        return _response(request, number, Format.HTML, _language(request))

    @_describe(
        str,
        query=_SYNTAXES,
        media_types=["application/xml"],
        raises=(NoElectronicInvoice, *_RAISES),
    )
    def xml(self, request: Request, number: str) -> HttpResponseBase:
        """The electronic invoice by EN 16931, as UBL 2.1 or as CII."""
        syntax = read_choices(request, _SYNTAXES).get("syntax", Syntax.UBL)
        return _response(request, number, Format(syntax), "")


def _language(request: Request) -> str:
    return read_choices(request, _LANGUAGES).get("language", "")


def _response(request: Request, number: str, form: Format, language: str) -> HttpResponseBase:
    issued = visible_document(request.user, number)
    stored = stored_document(issued.number, form, language, lambda: document_of(issued))
    etag = quote_etag(stored.sha256)
    return conditional_response(request, _file(stored, form, etag), etag=etag)


def _file(stored: StoredDocument, form: Format, etag: str) -> HttpResponse:
    digest = b64encode(bytes.fromhex(stored.sha256)).decode()
    suffix = "xml" if not form.is_for_people else form.value
    headers = {
        "ETag": etag,
        "Repr-Digest": f"sha-256=:{digest}:",  # RFC 9530
        "Content-Disposition": f'inline; filename="{stored.number}.{suffix}"',
        "Content-Security-Policy": _POLICY,
    }
    return HttpResponse(bytes(stored.content), content_type=form.media_type, headers=headers)
