"""Django's own error pages as problem details; staff get pages."""

import sys
from collections.abc import Mapping
from http import HTTPStatus

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from api import problems
from api.exceptions import BadHeader
from backoffice.denials import lacking
from backoffice.error_pages import error_page, framed_error_page
from backoffice.parts import asks_for_a_part, load_again

NOTHING_CHANGED = "Nothing was changed: this page was opened before you last logged in. Try once more."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _wants_page(request):
        return error_page(HTTPStatus.BAD_REQUEST, reason=str(exception) if isinstance(exception, BadHeader) else "")
    problem = problems.problem_of(exception, request_id=problems.request_id_of(request))
    if problem is None or problem.status != HTTPStatus.BAD_REQUEST:
        return problem_response(request, HTTPStatus.BAD_REQUEST, "The request is malformed.")
    return problems.as_response(problem)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if asks_for_a_part(request):
        return load_again()
    if _wants_page(request):
        return framed_error_page(request, HTTPStatus.FORBIDDEN, lacking=lacking(request), reason=str(exception))
    return problem_response(request, HTTPStatus.FORBIDDEN, "You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:  # noqa: ARG001 - Django names it
    if _wants_page(request):
        is_staff = admin.site.has_permission(request)  # the frame of the admin shows who is logged in
        return framed_error_page(request, HTTPStatus.NOT_FOUND) if is_staff else error_page(HTTPStatus.NOT_FOUND)
    return problem_response(request, HTTPStatus.NOT_FOUND, "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponseBase:
    """503 if the database is down, also in the admin, and 500 otherwise, which Django logs."""
    error, request_id = sys.exc_info()[1], problems.request_id_of(request)
    if isinstance(error, Exception):
        problem = problems.problem_of(error, request_id=request_id)
        if problem is not None and problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
            problems.log_unavailable(error, problem)
            headers = problems.headers_of(error)
            response = problems.as_response(problem, headers)  # which counts it, also where a page is shown instead
            if _wants_page(request):
                return error_page(HTTPStatus.SERVICE_UNAVAILABLE, headers=headers)
            return response
    if _wants_page(request):
        return error_page(HTTPStatus.INTERNAL_SERVER_ERROR, request_id=request_id)
    return problem_response(request, HTTPStatus.INTERNAL_SERVER_ERROR, problems.FAULT)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """For settings.CSRF_FAILURE_VIEW."""
    if asks_for_a_part(request):
        messages.error(request, NOTHING_CHANGED)
        return load_again()
    if _wants_page(request):
        return error_page(HTTPStatus.FORBIDDEN)
    return problem_response(request, HTTPStatus.FORBIDDEN, f"The CSRF check failed: {reason}")


def problem_response(
    request: HttpRequest, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """A response with a problem of no particular type: its status, and a detail."""
    return problems.as_response(problems.of_status(status, detail, problems.request_id_of(request)), headers)


def _wants_page(request: HttpRequest) -> bool:
    """Whether the address is one of the pages for staff."""
    return request.path.startswith(("/admin/", "/operations"))
