"""Who looks at a page of the admin. Panels, columns and messages make links, and know no request."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse

_request: ContextVar[HttpRequest | None] = ContextVar("request_of_an_admin_page", default=None)


@contextmanager
def looking(request: HttpRequest) -> Iterator[None]:
    """Make links for the user of this request meanwhile."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def may_view(user: Any, model: str) -> bool:
    """Whether a user may open list and pages of `model`, "app.name": as Django has it, who changes also views."""
    app, name = model.split(".")
    return any(user.has_perm(f"{app}.{verb}_{name}") for verb in ("view", "change"))


def may_open(model: str) -> bool:
    """Whether the user who looks may open pages of `model`. Where nobody looks, as in tests of panels, all are open."""
    request = _request.get()
    return request is None or may_view(request.user, model)


def may_open_page(url: str) -> bool:
    """Whether the user who looks may open an address of the admin."""
    try:
        page = resolve(url.partition("?")[0]).func
    except Resolver404:
        return False
    admin_class = getattr(page, "model_admin", None)
    return admin_class is None or may_open(admin_class.opts.label_lower)


def first_open(*urls: str) -> str:
    """The first of these pages that the user who looks may open, or else the overview: what was done ends in no 403."""
    return next((url for url in urls if url and may_open_page(url)), reverse("admin:index"))
