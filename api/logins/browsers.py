"""Known browsers of accounts, by a signed cookie.

OWASP calls it a device cookie: https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies.
It logs nobody in: a browser with the cookie only has a counter of failures of its own.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

_COOKIE = "known_browser"
_SALT = "api.logins.browsers"
_MAX_AGE = timedelta(days=180)


def known_browser(request: HttpRequest, username: str) -> str:
    """The id of the browser, if this account has logged in with it before; else ""."""
    value = request.get_signed_cookie(_COOKIE, default=None, salt=_SALT, max_age=_MAX_AGE) or ""
    browser, _, account = value.partition(":")
    return browser if account == _account(username) else ""


def remember_browser(request: HttpRequest, response: HttpResponseBase) -> None:
    """Set the cookie by which the browser is known as one of the user's, who has just logged in."""
    username = request.user.get_username()
    browser = known_browser(request, username) or secrets.token_hex(8)
    response.set_signed_cookie(
        _COOKIE,
        f"{browser}:{_account(username)}",
        salt=_SALT,
        max_age=_MAX_AGE,
        path=request.path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _account(username: str) -> str:
    """A keyed hash of the user name, for the cookie."""
    return salted_hmac(_SALT, username).hexdigest()[:16]
