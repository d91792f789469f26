"""The API in a browser: DRF's pages, for views that speak msgspec instead of serializers."""

from typing import TYPE_CHECKING, Any

import msgspec
from django import forms
from django.http.request import RawPostDataException
from rest_framework.renderers import BrowsableAPIRenderer as DRFBrowsableAPIRenderer
from rest_framework.request import Request, override_method

from api import problems
from api.json import encode

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module: it is among DRF's settings


class BrowsableAPIRenderer(DRFBrowsableAPIRenderer):
    """DRF's renderer with one form for each method: the body as JSON, with an example or the body just rejected.

    The example is the `example_body` of the view, for its action.
    """

    template = "api/browsable.html"

    def get_raw_data_form(self, data: Any, view: "APIView", method: str, request: Request) -> forms.Form | None:
        form: forms.Form | None = super().get_raw_data_form(data, view, method, request)
        if form is not None:
            is_rejected = request.method == method and isinstance(data, problems.Problem)
            form.fields["_content"].initial = _sent(request) if is_rejected else _example(view, method, request)
        return form

    def get_context(self, data: Any, accepted_media_type: str | None, renderer_context: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(data, accepted_media_type, renderer_context)
        context["code_style"] = ""  # a style element in the page, for code in descriptions, of which there is none
        context["response_headers"]["Content-Type"] = (
            problems.CONTENT_TYPE if isinstance(data, problems.Problem) else "application/json"
        )
        return context


def _sent(request: Request) -> str:
    try:
        return str(request.body.decode(errors="replace"))
    except RawPostDataException:  # a form, which the CSRF check has read
        return ""


def _example(view: "APIView", method: str, request: Request) -> str:
    with override_method(view, request, method):
        example = getattr(view, "example_body", None) or {}
    return msgspec.json.format(encode(example), indent=4).decode()
