"""Plain HTTP where HTTPS is wanted: what a client asks to be done is not done; reads and pages are redirected."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from rest_framework.permissions import SAFE_METHODS

from api.exceptions import HttpsRequired
from api.problems import request_id_of, response_to


class HttpsOnlyMiddleware:
    """Rejects requests by a token that change something and came by plain HTTP. Before Django's SecurityMiddleware.

    Clients follow its redirect with GET and without the body (RFC 9110, 15.4.2): of an order they would get the list of
    those that there are, with 200.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        is_change = request.method not in SAFE_METHODS and "HTTP_AUTHORIZATION" in request.META
        if is_change and not request.is_secure():
            return response_to(HttpsRequired(), request_id_of(request))
        return self._get_response(request)
