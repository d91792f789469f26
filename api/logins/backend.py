"""The authentication backend: Django's own, within limits."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from api.client_address import client_address
from api.logins.attempt import Attempt
from api.logins.browsers import known_browser
from api.logins.limiting import limited


class LimitedBackend(ModelBackend):
    """Users of the database by name and password. Every log-in over HTTP goes through it, whichever page it is on."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Raises:
        TooManyFailures, Busy: the password was not looked at.
        """
        verify = super().authenticate
        if request is None or username is None or password is None:
            return verify(request, username, password, **kwargs)
        attempt = Attempt(
            username=username,
            address=client_address(request.META, settings.TRUSTED_PROXIES),
            browser=known_browser(request, username),
        )
        return limited(attempt, lambda: verify(request, username, password, **kwargs))
