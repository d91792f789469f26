"""The admin's pages that ask for a password, with 429 or 503 for rejected attempts."""

from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from api.logins.browsers import remember_browser
from api.logins.exceptions import Busy, LoginRejected
from api.logins.forms import OwnPasswordForm


def login(request: HttpRequest) -> HttpResponseBase:
    """The admin's log-in page."""
    response = admin.site.login(request)
    if request.method == "POST" and request.user.is_authenticated and response.status_code == HTTPStatus.FOUND:
        remember_browser(request, response)
        _clear_expired_sessions(request.session)
    return _with_status(response)


def change_password(request: HttpRequest) -> HttpResponseBase:
    """The page on which people change their own password: the admin's, with our form."""
    site = admin.site
    view = PasswordChangeView.as_view(
        form_class=OwnPasswordForm,
        success_url=reverse("admin:password_change_done"),
        extra_context=site.each_context(request),
    )
    return _with_status(site.admin_view(view, cacheable=True)(request))


def _clear_expired_sessions(session: SessionBase) -> None:
    """Delete expired sessions, as `manage.py clearsessions` does. Only log-ins create sessions, so it is done then."""
    type(session).clear_expired()


def _with_status(response: HttpResponseBase) -> HttpResponseBase:
    context: dict[str, Any] = getattr(response, "context_data", None) or {}
    rejected: LoginRejected | None = getattr(context.get("form"), "rejected", None)
    if rejected is not None:
        busy = isinstance(rejected, Busy)
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE if busy else HTTPStatus.TOO_MANY_REQUESTS
        response.headers["Retry-After"] = str(rejected.retry_after)
    return response
