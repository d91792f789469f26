"""Authentication: bearer tokens, stored hashed by django-rest-knox and cached for a few seconds, and sessions."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework import authentication
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from structlog.contextvars import bind_contextvars

from api.client_address import client_address, network_of
from api.exceptions import TooManyUnknownTokens
from api.unknown_tokens import UnknownTokens
from common.caching import RefreshingCache

_MAX_TOKENS = 10_000  # in memory
_TOKEN = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class _Credential:
    user: User
    expires_at: datetime | None


class LogInNeeded(NotAuthenticated):
    """A request has no log-in, or one by another scheme. A browser may have a session as well, so that it is no error
    before it is known that nobody is logged in."""

    default_detail = "This takes a log-in: the Authorization header must be Bearer, a space, and a token."


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`.

    Revoked tokens, inactive users and changed permissions are noticed after `settings.TOKEN_CACHE_TTL` at the latest.
    `user.has_perm` costs no query. While the database is down a token is valid for as long as it is cached; after that
    the response is 503.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        # Not request.headers: that looks at every header to find one.
        token = bearer_token(request.META)
        if token is None:
            return None
        credential = _credential(token, request.META)
        bind_contextvars(client_id=credential.user.pk)
        return credential.user, None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        return 'Bearer realm="orderflow"'


class SessionAuthentication(authentication.SessionAuthentication):
    """Authentication by the session of a browser."""

    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        if found:
            bind_contextvars(client_id=found[0].pk)
        return found


def is_nobodys(meta: Mapping[str, Any]) -> bool:
    """Whether a request has no log-in, by its head: neither a cookie nor a token that is known, and may be looked up.

    Args:
        meta: its WSGI environ.
    """
    token = bearer_token(meta)
    if token is None:
        return "HTTP_COOKIE" not in meta
    try:
        _credential(token, meta)
    except (AuthenticationFailed, TooManyUnknownTokens):
        return True
    return False


def bearer_token(meta: Mapping[str, Any]) -> str | None:
    """The token of a request; None if it logs in otherwise, or not at all."""
    scheme, _, token = meta.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _credential(token: str, meta: Mapping[str, Any]) -> _Credential:
    if not _TOKEN.fullmatch(token):
        raise AuthenticationFailed("The Authorization header must be: Bearer, a space, and a token.")
    digest = hash_token(token)
    credential = tokens.get_many([digest]).get(digest) if digest in tokens else _look_up(digest, meta)
    if credential is None or (credential.expires_at and credential.expires_at <= timezone.now()):
        raise AuthenticationFailed("This token is unknown, revoked or expired.")
    return credential


def _look_up(digest: str, meta: Mapping[str, Any]) -> _Credential | None:
    """A credential that is not cached; None if the token is unknown.

    Raises:
        TooManyUnknownTokens: by the address of the client.
    """
    if digest in unknown_tokens:
        return None
    address = network_of(client_address(meta, settings.TRUSTED_PROXIES))
    unknown_tokens.check(digest, address)
    credential = tokens.get_many([digest]).get(digest)
    if credential is None:
        unknown_tokens.note(digest, address)
    else:
        unknown_tokens.note_valid(digest)
    return credential


def load_credentials(digests: Collection[str]) -> Mapping[str, _Credential]:
    """The credentials of valid tokens by digest, with the permissions of their users."""
    found = AuthToken.objects.filter(
        Q(expiry=None) | Q(expiry__gt=timezone.now()), digest__in=digests, user__is_active=True
    ).select_related("user")
    credentials = {token.digest: _Credential(token.user, token.expiry) for token in found}
    for credential in credentials.values():
        credential.user.get_all_permissions()  # which the user object caches
    return credentials


tokens: RefreshingCache[str, _Credential] = RefreshingCache(load_credentials, settings.TOKEN_CACHE_TTL, _MAX_TOKENS)
unknown_tokens = UnknownTokens(settings.TOKEN_CACHE_TTL)
