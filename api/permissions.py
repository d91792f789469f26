"""What a client may do, action by action."""

from collections.abc import Mapping

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


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
