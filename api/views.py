"""What the viewsets of all apps have in common."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from django.db.models import Model
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from api.filters import StrictFilterBackend, refuse_parameters
from api.json import MAX_BODY_BYTES
from api.metadata import Metadata
from api.pages import KeysetPagination
from api.permissions import ActionPermission

M = TypeVar("M", bound=Model)


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

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action not in self.list_actions:
            refuse_parameters(request)
