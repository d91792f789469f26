"""Lists as CSV files, which are sent while they are made."""

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request

from api.json import JSONRenderer
from api.views import ApiViewSet

M = TypeVar("M", bound=Model)

_MEDIA_TYPE = "text/csv"


class CsvRenderer(JSONRenderer):
    """Stands for CSV in content negotiation. What is rendered is a problem, and JSON."""

    media_type = _MEDIA_TYPE
    format = "csv"


class ExportViewSet(ApiViewSet[M]):
    """The base of exports: by the filters of a list and for the same clients, but all rows, without pages."""

    pagination_class = None  # type: ignore[assignment]
    renderer_classes = [CsvRenderer]

    def respond(self, request: Request, chunks: Iterator[bytes], filename: str) -> HttpResponseBase:
        """The response; the first chunk is made before it, so that an outage then is an error like any other."""
        headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
        content_type = f"{_MEDIA_TYPE}; charset=utf-8; header=present"
        if request.method == "HEAD":
            return HttpResponse(content_type=content_type, headers=headers)
        return StreamingHttpResponse(_begun(next(chunks), chunks), content_type=content_type, headers=headers)


def _begun(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others
