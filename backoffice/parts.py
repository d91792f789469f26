"""Parts of pages, which a browser asks for by htmx: dialogs, and what a page shows anew every few seconds.

htmx puts nothing in their place where the response is another page, such as the log-in, and does nothing at an error:
an open page would go blank, and a dialog would end in silence.
"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse


def asks_for_a_part(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers


def load_again() -> HttpResponse:
    """A response that has the browser load the whole page again, which then says what is the matter."""
    return HttpResponse(status=HTTPStatus.FORBIDDEN, headers={"HX-Refresh": "true"})
