"""Pages that tell staff of an error. Those outside of the admin's frame need no database and no session."""

from collections.abc import Mapping
from http import HTTPStatus

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

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
    HTTPStatus.NOT_FOUND: ("There is nothing here", ("Nothing has this address.",)),
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
    status: HTTPStatus, *, reason: str = "", request_id: str = "", headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """The page for a status of _PAGES; FORBIDDEN is for what was sent without a valid CSRF token.

    Args:
        reason: for whoever runs the server.
    """
    title, paragraphs = _PAGES[status]
    context = {"title": title, "paragraphs": paragraphs, "reason": reason, "request_id": request_id}
    return HttpResponse(render_to_string("backoffice/error.html", context), status=status, headers=headers)


def framed_error_page(request: HttpRequest, status: HTTPStatus, **context: object) -> HttpResponse:
    """The page for FORBIDDEN or NOT_FOUND by the template of that name, in the admin's frame, which takes a log-in."""
    return render(request, f"{status.value}.html", admin.site.each_context(request) | context, status=status)
