"""Routes whose trailing slash is optional."""

from collections.abc import Mapping
from typing import Any

from rest_framework.routers import Route, SimpleRouter
from rest_framework.viewsets import ViewSetMixin


class Router(SimpleRouter):
    """DRF's router with optional trailing slashes; links are made without.

    Args:
        given: attributes of all viewsets of the router, as `as_view` takes them.
    """

    def __init__(self, *, given: Mapping[str, Any] | None = None) -> None:
        super().__init__(use_regex_path=True)
        self.trailing_slash = "/?"
        self._given = dict(given or {})

    def get_routes(self, viewset: type[ViewSetMixin]) -> list[Route]:
        return [route._replace(initkwargs=route.initkwargs | self._given) for route in super().get_routes(viewset)]
