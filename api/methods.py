"""Which methods a view outside of DRF takes."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from api.error_views import answer_problem

_ALLOWED = ("GET", "HEAD", "OPTIONS")

View = Callable[[HttpRequest], HttpResponseBase]


def read_only(view: View) -> View:
    """Let a view answer GET and HEAD; OPTIONS says so, any other method is 405. Nothing changes, so no CSRF check."""

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponseBase:
        if request.method in ("GET", "HEAD"):
            return view(request)
        allow = {"Allow": ", ".join(_ALLOWED)}
        if request.method == "OPTIONS":
            return HttpResponse(status=HTTPStatus.NO_CONTENT, headers=allow)
        return answer_problem(request, HTTPStatus.METHOD_NOT_ALLOWED, "This address is only read.", allow)

    return checked
