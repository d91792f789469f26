"""Which permission somebody lacks for a page of the admin, so that they know what to ask for."""

from collections.abc import Iterable
from copy import copy
from typing import Any

from django.http import HttpRequest

_ASKED = {"add": "add", "delete": "delete", "user_password_change": "change"}  # by how a page's name ends; others: view


def lacking(request: HttpRequest) -> list[str]:
    """The permissions that the page of a request takes and its user has not, such as "orders.view_order".

    Empty where it is not for want of a permission, or where nobody may do that.
    """
    match = request.resolver_match
    admin_class = getattr(match and match.func, "model_admin", None)
    if match is None or admin_class is None:
        return []
    asking = copy(request)
    asking.user = asked = _Asked(request.user)  # type: ignore[assignment]
    for name in _checks(match.func, match.url_name or "", is_change=request.method == "POST"):
        getattr(admin_class, f"has_{name}_permission")(asking)
    missing = list(dict.fromkeys(asked.missing))
    views = admin_class.opts.label_lower.replace(".", ".view_")
    return [views] if views in missing else missing  # who changes also views: to name one is enough


def _checks(page: Any, name: str, *, is_change: bool) -> Iterable[str]:
    """The names of the checks of a page, as in has_…_permission: those of an action, or of one of Django's pages."""
    checks: Iterable[str] | None = getattr(page, "allowed_permissions", None)
    if checks is not None:
        return checks
    if is_change and name.endswith("_change"):
        return ["change"]
    return [next((check for end, check in _ASKED.items() if name.endswith(f"_{end}")), "view")]


class _Asked:
    """A user who notes which permissions they were asked for and have not."""

    def __init__(self, user: Any) -> None:
        self._user = user
        self.missing: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._user, name)

    def has_perm(self, permission: str, obj: object = None) -> bool:
        held: bool = self._user.has_perm(permission, obj)
        if not held:
            self.missing.append(permission)
        return held

    def has_perms(self, permissions: Iterable[str], obj: object = None) -> bool:
        held = [self.has_perm(permission, obj) for permission in permissions]  # all are asked for, to note each
        return all(held)
