"""Plain HTTP where HTTPS is on: what a client asks is not answered; pages, which people open, are redirected."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework.permissions import SAFE_METHODS

from api.authentication import bearer_token
from api.exceptions import HttpsRequired
from api.problems import request_id_of, response_to


class HttpsOnlyMiddleware:
    """Rejects requests with a token that came by plain HTTP. Before Django's SecurityMiddleware, which redirects.

    A client that follows a redirect never learns that each of its requests shows its token to everybody on the way. It
    also follows with GET and without the body (RFC 9110, 15.4.2): of an order it would get the list of those that there
    are, with 200.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._exempt = [re.compile(pattern) for pattern in settings.SECURE_REDIRECT_EXEMPT]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.is_secure() and self._is_of_a_client(request):
            return response_to(HttpsRequired(), request_id_of(request))
        return self._get_response(request)

    def _is_of_a_client(self, request: HttpRequest) -> bool:
        """Whether it is no browser's; the others may have an Authorization of a proxy's own."""
        if request.method not in SAFE_METHODS:
            return "HTTP_AUTHORIZATION" in request.META
        path = request.path.lstrip("/")
        return bearer_token(request.META) is not None and not any(each.search(path) for each in self._exempt)
