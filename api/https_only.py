"""Plain HTTP where HTTPS is wanted: pages are redirected, and what a client asks to be done is not."""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.security import SecurityMiddleware
from rest_framework.permissions import SAFE_METHODS

from api.exceptions import HttpsRequired
from api.problems import request_id_of, response_to


class HttpsMiddleware(SecurityMiddleware):
    """Django's SecurityMiddleware, but for requests by a token that change something.

    Clients follow its redirect with GET and without the body (RFC 9110, 15.4.2): of an order they would get the list of
    those that there are, with 200.
    """

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:  # type: ignore[override]
        redirect: HttpResponseBase | None = super().process_request(request)
        if redirect is None or request.method in SAFE_METHODS or "HTTP_AUTHORIZATION" not in request.META:
            return redirect
        return response_to(HttpsRequired(), request_id_of(request))
