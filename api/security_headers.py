"""Security headers: content security policies, and no caching."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

_PAGE = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "style-src-attr": "'unsafe-inline'",  # for DRF's buttons
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
# The admin's pages use Alpine, which compiles expressions in attributes, and style elements:
# unfoldadmin/django-unfold#1535, #2129. Inline scripts stay forbidden.
_ADMIN = _PAGE | {"script-src": "'self' 'unsafe-eval'", "style-src": "'self' 'unsafe-inline'"}
_DATA = {"default-src": "'none'", "frame-ancestors": "'none'"}

_ADMIN_PATHS = ("/admin/", "/operations")
_NOT_PERSONAL = ("/health", "/metrics")
_UNSTYLED_WITHOUT_CSP = (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR)  # Django's pages in DEBUG


def _policy(directives: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


PAGE_POLICY, ADMIN_POLICY, DATA_POLICY = _policy(_PAGE), _policy(_ADMIN), _policy(_DATA)
PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class SecurityHeadersMiddleware:
    """Sets the headers that Django's SecurityMiddleware does not: a content security policy, and Cache-Control.

    Responses other than HTML get a policy that forbids everything, in case a browser takes them for a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        headers = response.headers
        if not request.path.startswith(_NOT_PERSONAL):
            headers.setdefault("Cache-Control", "no-store")
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if headers.get("Content-Type", "").startswith("text/html"):
            headers["Permissions-Policy"] = PERMISSIONS_POLICY
            if not (settings.DEBUG and response.status_code in _UNSTYLED_WITHOUT_CSP):
                headers.setdefault("Content-Security-Policy", _page_policy(request))
        else:
            headers.setdefault("Content-Security-Policy", DATA_POLICY)
        return response


def _page_policy(request: HttpRequest) -> str:
    return ADMIN_POLICY if request.path.startswith(_ADMIN_PATHS) else PAGE_POLICY
