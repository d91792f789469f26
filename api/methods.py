"""The methods of views outside of DRF."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from api.error_views import problem_response

_ALLOWED = ("GET", "HEAD", "OPTIONS")

View = Callable[[HttpRequest], HttpResponseBase]


def as_json(data: Any, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    """A struct as the response of such a view."""
    return HttpResponse(msgspec.json.encode(data), status=status, content_type="application/json")


def read_only(view: View) -> View:
    """A decorator for views that serve GET and HEAD, and OPTIONS; 405 for other methods. Without a CSRF check."""

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponseBase:
        if request.method in ("GET", "HEAD"):
            return view(request)
        allow = {"Allow": ", ".join(_ALLOWED)}
        if request.method == "OPTIONS":
            return HttpResponse(status=HTTPStatus.NO_CONTENT, headers=allow)
        return problem_response(request, HTTPStatus.METHOD_NOT_ALLOWED, "This address is only read.", allow)

    return checked
