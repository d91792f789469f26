"""/schema, the description for machines, and /docs, a page of it for people. Both are the same for everybody, so
neither takes a log-in: generators of clients, gateways and linters read it before anybody has a token.
"""

from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import quote_etag
from django.utils.module_loading import import_string
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from api.conditional import conditional_response
from api.exceptions import PreconditionFailed
from api.filters import reject_parameters
from api.json import JSONRenderer
from api.methods import read_only
from api.openapi.operation import describe

MEDIA_TYPE = "application/vnd.oai.openapi+json"
_MAX_AGE = 300  # seconds


class _Description(NamedTuple):
    body: bytes
    etag: str


class OpenApiRenderer(JSONRenderer):
    """Stands for OpenAPI's own media type in content negotiation."""

    media_type = MEDIA_TYPE
    format = "openapi"


class SchemaView(APIView):
    """This description."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []
    renderer_classes = [JSONRenderer, OpenApiRenderer]

    @describe(
        dict[str, Any],
        media_types=["application/json", MEDIA_TYPE],
        headers=["ETag", "Cache-Control"],
        raises=(PreconditionFailed,),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """This description, by OpenAPI 3.1."""
        reject_parameters(request)
        body, etag = _description()
        version = ";version=3.1" if request.accepted_renderer.media_type == MEDIA_TYPE else ""
        headers = {"ETag": etag, "Cache-Control": f"public, max-age={_MAX_AGE}", "Vary": "Accept"}
        content_type = f"{request.accepted_renderer.media_type}{version}"
        response = HttpResponse(body, content_type=content_type, headers=headers)
        return conditional_response(request, response, etag=etag)


@read_only
def docs(request: HttpRequest) -> HttpResponse:
    """The description as a page, by Swagger UI; it loads nothing from elsewhere."""
    return render(request, "api/docs.html")


def encoded_description() -> bytes:
    """The OpenAPI document as it is served and kept in docs/api."""
    return encoded(import_string(settings.API_DESCRIPTION)())


def encoded(document: dict[str, Any]) -> bytes:
    """A description as JSON that people can compare."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


@cache
def _description() -> _Description:
    body = encoded_description()
    return _Description(body, quote_etag(sha256(body).hexdigest()))
