"""The base of all viewsets."""

from collections.abc import Collection, Mapping
from typing import Any, NoReturn, TypeVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.authentication import LogInNeeded
from api.conditional import reject_conditions
from api.filters import StrictFilterBackend, reject_parameters
from api.json import MAX_BODY_BYTES
from api.metadata import Metadata
from api.pagination import KeysetPagination

M = TypeVar("M", bound=Model)


class ActionPermission(BasePermission):
    """The permissions of a viewset's actions, by its `action_permissions`. Other actions require a log-in only."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated:
            return False
        needed: Mapping[str, str] = getattr(view, "action_permissions", {})
        permission = needed.get(getattr(view, "action", None) or "")
        if permission is None or request.user.has_perm(permission):
            return True
        self.message = _needed(permission)
        return False


def require_permission(request: Request, permission: str) -> None:
    """Raises:
    PermissionDenied: the user does not have it; the message names it.
    """
    if not request.user.has_perm(permission):
        raise PermissionDenied(_needed(permission))


def _needed(permission: str) -> str:
    return f"This takes the permission {permission}."


class ApiViewSet(GenericViewSet[M]):
    """A DRF viewset with this API's filters, pages and permissions.

    Attributes:
        row_weight: an expression for the weight of a row in lists; see KeysetPagination.
        ordering: of its lists, if not the model's: fields that identify a row uniquely.
        action_permissions: the permission for an action, such as {"create": "orders.add_product"}.
        max_body_bytes: a longer body is rejected unread.
        list_actions: actions that return a list, and have query parameters; the others have none.
        example_body: the initial value of the form in the browsable API, and the example in the description.
        path_types: the types of path parameters that are more than text.
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
    path_types: Mapping[str, Any] = {}

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> NoReturn:
        if request.authenticators and not request.successful_authenticator:
            raise LogInNeeded
        super().permission_denied(request, message, code)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        if isinstance(response, Response):
            response.add_post_render_callback(self._break_cycles)
        else:
            self._break_cycles(response)
        return response

    def _break_cycles(self, response: HttpResponseBase) -> None:
        """Break the reference cycles of view, request and response, so that they are freed at once.

        Otherwise each page of a list would keep its rows, and each bulk request its orders, until the garbage collector
        runs: hundreds of MB where pages are large.
        """
        if isinstance(response, Response):
            response.data = None
            response.renderer_context = None  # type: ignore[attr-defined]
        self.request.parser_context.clear()
        self.__dict__.clear()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        request.get_host()  # raises where it is none of ALLOWED_HOSTS; Django asks for it only where a URL is made
        # A method that is not allowed has no action, and that of OPTIONS, which asks about the address, is "metadata".
        if self.action not in (None, "metadata", *self.list_actions):
            reject_parameters(request)
        if request.method not in SAFE_METHODS:
            reject_conditions(request)
