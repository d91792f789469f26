"""Pages that tell staff of an error. But for that of a missing page they need no database and no session."""

from collections.abc import Mapping
from http import HTTPStatus

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse

_LOOK = "If you sent something, look whether it was done before you send it again."
_PAGES: Mapping[HTTPStatus, tuple[str, tuple[str, ...]]] = {
    HTTPStatus.BAD_REQUEST: (
        "Not understood",
        ("What your browser sent makes no sense here, such as an address that was cut off. Nothing was changed.",),
    ),
    HTTPStatus.FORBIDDEN: (
        "Not sent",
        (
            "Nothing was changed. You have logged in since the page was opened, or your browser keeps no cookies.",
            "Go back, note what you entered, load the page again and send it once more.",
        ),
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Something is broken",
        (f"This is a fault of the server, which has logged it. {_LOOK}",),
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "Not available at the moment",
        (f"The database can't be reached, or takes no changes. Load the page again in a moment. {_LOOK}",),
    ),
}


def error_page(
    request: HttpRequest, status: HTTPStatus, *, request_id: str = "", headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """The page for a status of _PAGES; FORBIDDEN is for what was sent without a valid CSRF token."""
    title, paragraphs = _PAGES[status]
    context = {"title": title, "paragraphs": paragraphs, "request_id": request_id}
    response = render(request, "backoffice/error.html", context, status=status)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def missing_page(request: HttpRequest) -> HttpResponseBase:
    """The page for an address of the admin at which there is nothing, in the admin's frame."""
    context = admin.site.each_context(request)
    return TemplateResponse(request, "404.html", context, status=HTTPStatus.NOT_FOUND).render()
