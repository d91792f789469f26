"""What the viewsets of all apps have in common."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.filters import StrictFilterBackend, refuse_parameters
from api.json import MAX_BODY_BYTES
from api.metadata import Metadata
from api.pagination import KeysetPagination

M = TypeVar("M", bound=Model)


class ActionPermission(BasePermission):
    """Everyone who is logged in may do what a viewset asks no permission for.

    A viewset's `action_permissions` is a table of its actions, such as {"create": "orders.add_product"}.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated:
            return False
        needed: Mapping[str, str] = getattr(view, "action_permissions", {})
        permission = needed.get(getattr(view, "action", None) or "")
        if permission is None or request.user.has_perm(permission):
            return True
        self.message = f"This takes the permission {permission}."
        return False


class ApiViewSet(GenericViewSet[M]):
    """A DRF viewset with this API's filters, pages and permissions.

    Attributes:
        row_weight: what a row of its lists weighs, an expression; see KeysetPagination.
        ordering: of its lists, where it is not the model's: fields that name a row uniquely.
        action_permissions: what an action takes, such as {"create": "orders.add_product"}; the others take a log-in.
        max_body_bytes: more is refused unread.
        list_actions: those that answer a list, and take query parameters; the others take none.
        example_body: what the form of the browsable API starts with.
    """

    filter_backends = [StrictFilterBackend]
    pagination_class = KeysetPagination
    metadata_class = Metadata
    permission_classes = [ActionPermission]
    lookup_value_regex = "[^/]+"
    row_weight: Any = None
    ordering: list[str] | None = None
    action_permissions: Mapping[str, str] = {}
    max_body_bytes = MAX_BODY_BYTES
    list_actions: Collection[str] = ("list",)
    example_body: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        if isinstance(response, Response):
            response.add_post_render_callback(self._break_cycles)
        else:
            self._break_cycles(response)
        return response

    def _break_cycles(self, response: HttpResponseBase) -> None:
        """Let the view, its request and its response be freed by their reference counts, with all that they hold.

        They refer to each other. Until the garbage collector came by, each page of a list kept its rows, and each bulk
        request its orders: hundreds of MB where the pages are large.
        """
        if isinstance(response, Response):
            response.data = None
            response.renderer_context = None  # type: ignore[attr-defined]
        self.request.parser_context.clear()
        self.__dict__.clear()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action not in self.list_actions:
            refuse_parameters(request)
