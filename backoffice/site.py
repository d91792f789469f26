"""The admin's site."""

from typing import Any

from django.core.exceptions import BadRequest
from django.core.paginator import InvalidPage
from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite


class BackofficeSite(UnfoldAdminSite):  # type: ignore[misc]
    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Raises:
        BadRequest: there is no such page.
        """
        try:
            return super().search(request, extra_context)
        except InvalidPage as error:
            raise BadRequest(str(error)) from None
