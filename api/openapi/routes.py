"""The routes that there are, by Django's URL patterns, with the code that answers at each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver

from api.openapi.operation import Operation

_METHODS = ("get", "post", "put", "patch", "delete")
_RENAMED = {"pk": "id"}  # as clients know it


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method of an address.

    Attributes:
        path: as OpenAPI writes it: /orders/{id}.
        name: of its URL pattern, "" if it has none.
        view: an instance of the view's class that is about to answer it, or the function that is the view.
        handler: the function that answers it.
    """

    path: str
    method: str
    name: str
    view: Any
    handler: Callable[..., Any]

    @property
    def operation(self) -> Operation | None:
        """What the view declares; None of what is not part of the API."""
        return getattr(self.handler, "operation", None)

    @property
    def action(self) -> str:
        return getattr(self.view, "action", self.method)


def routes_of(resolver: URLResolver, prefix: str = "") -> Iterator[Route]:
    """The routes of all patterns, in their order. HEAD and OPTIONS are left out: they are wherever GET and any are."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from routes_of(pattern, prefix + str(pattern.pattern))
        else:
            yield from _routes(pattern, path_of(prefix + str(pattern.pattern)))


def _routes(pattern: URLPattern, path: str) -> Iterator[Route]:
    view_class = getattr(pattern.callback, "cls", None)
    name = pattern.name or ""
    if view_class is None:
        yield Route(path=path, method="get", name=name, view=pattern.callback, handler=pattern.callback)
        return
    kwargs: Mapping[str, Any] = getattr(pattern.callback, "initkwargs", {})
    actions = getattr(pattern.callback, "actions", None) or {each: each for each in _METHODS}
    for method, action in actions.items():
        handler = getattr(view_class, action, None)
        if handler and method in _METHODS:  # DRF adds HEAD to the table when the first request comes
            view = view_class(**kwargs)
            view.action = action
            yield Route(path=path, method=method, name=name, view=view, handler=handler)


def path_of(pattern: str) -> str:
    """A URL pattern of Django's as OpenAPI writes a path: /orders/{id}."""
    path = str(simplify_regex(pattern)).rstrip("/") or "/"
    for name, known in _RENAMED.items():
        path = path.replace(f"<{name}>", f"<{known}>")
    return path.replace("<", "{").replace(">", "}").replace("\\", "")
