"""Exports of lists as CSV files, which are streamed."""

from collections.abc import Iterator
from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from api.json import JSONRenderer
from api.views import ApiViewSet

M = TypeVar("M", bound=Model)

MEDIA_TYPE = "text/csv"


class CsvRenderer(JSONRenderer):
    """The renderer by which content negotiation knows CSV. It renders problems only, as JSON."""

    media_type = MEDIA_TYPE
    format = "csv"


class ExportViewSet(ApiViewSet[M]):
    """The base of exports: all rows of a list, with its filters and permissions, without pages."""

    pagination_class = None  # type: ignore[assignment]
    renderer_classes = [CsvRenderer]

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override] # as DRF
        """What the address takes, which is JSON although its renderer is one of CSV."""
        response = super().options(request, *args, **kwargs)
        response.content_type = JSONRenderer.media_type
        return response

    def respond(self, request: Request, chunks: Iterator[bytes], filename: str) -> HttpResponseBase:
        """The response. The first chunk is made before it, so that an error until then has a status."""
        headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
        content_type = f"{MEDIA_TYPE}; charset=utf-8; header=present"
        # A stream for HEAD, too: a whole response would be sent with a Content-Length of 0 (RFC 9110, 8.6).
        stream = () if request.method == "HEAD" else _begun(next(chunks), chunks)
        return StreamingHttpResponse(stream, content_type=content_type, headers=headers)


def _begun(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others
