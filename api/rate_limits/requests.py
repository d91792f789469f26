"""The rate limit of API requests: a DRF throttle, and a middleware for its response headers."""

import math
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from api.exceptions import RateLimited
from api.rate_limits.limiter import RateLimiter
from api.rate_limits.quota import Quota, headers_of
from api.rate_limits.shared import settle
from common.nonblocking import WouldBlock

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module: it is among DRF's settings


@cache
def limiter() -> RateLimiter:
    """The limiter of this process."""
    assert settings.API_RATE_LIMIT, "nobody is limited without it"
    units, window = settings.API_RATE_LIMIT
    return RateLimiter(Quota(units, window), settle)


class ClientThrottle(BaseThrottle):
    """Takes a unit of the client's quota for each request; requests without authentication get 401 anyway."""

    def allow_request(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002
        """Raises:
        RateLimited: the quota is used up.
        """
        if request.user.is_authenticated:
            wait = limiter().take(request.user.pk)
            request._request.limited_client = request.user.pk  # type: ignore[attr-defined]
            if wait:
                raise RateLimited(wait=math.ceil(wait))
        return True


def charge(request: Request, units: int) -> None:
    """Take further units of the client's quota, if it has one: a bulk request counts for each of its orders."""
    if client := _client_of(request._request):
        limiter().charge(client, units)


class RateLimitHeaders:
    """Middleware that adds the rate limit headers to responses for limited clients."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            response = self._get_response(request)
        except WouldBlock:  # a thread serves the same request again, and takes a unit for it
            if client := _client_of(request):
                limiter().charge(client, -1)
            raise
        if client := _client_of(request):
            for name, value in headers_of(limiter().quota, limiter().standing(client)).items():
                response.headers[name] = value
        return response


def _client_of(request: HttpRequest) -> int:
    client: int = getattr(request, "limited_client", 0)
    return client
