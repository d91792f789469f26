"""Django's own error pages as problem details; the admin keeps its pages."""

import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import defaults

from api import problems


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _wants_page(request):
        return defaults.bad_request(request, exception)
    return _answer(request, HTTPStatus.BAD_REQUEST, "The request is malformed.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _wants_page(request):
        return defaults.permission_denied(request, exception)
    return _answer(request, HTTPStatus.FORBIDDEN, "You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _wants_page(request):
        return defaults.page_not_found(request, exception)
    return _answer(request, HTTPStatus.NOT_FOUND, "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponseBase:
    """503 where the database is away, also in the admin; a fault of ours otherwise. Django has logged it."""
    error = sys.exc_info()[1]
    if isinstance(error, Exception):
        problem = problems.problem_of(error, request_id=problems.request_id_of(request))
        if problem is not None and problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return problems.as_response(problem, problems.headers_of(error))
    if _wants_page(request):
        return defaults.server_error(request)
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, problems.FAULT)


def _wants_page(request: HttpRequest) -> bool:
    return request.path.startswith("/admin/")


def _answer(request: HttpRequest, status: HTTPStatus, detail: str) -> HttpResponse:
    return problems.as_response(problems.of_status(status, detail, problems.request_id_of(request)))
