"""The admin's site."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import BadRequest
from django.core.paginator import InvalidPage
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse
from unfold.sites import UnfoldAdminSite

from backoffice.formatting import admin_url
from backoffice.parts import asks_for_a_part, load_again
from backoffice.viewing import first_open, looking


class _Results(AutocompleteJsonView):
    """What a search in a form finds, as the admin class of its model describes it: by `result_label`, if it has one."""

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        result: dict[str, str] = super().serialize_result(obj, to_field_name)
        label = getattr(self.model_admin, "result_label", None)
        return result | {"text": label(obj)} if label else result


def _page_of_row(request: HttpRequest) -> str:
    """The address of the page that has the button of this dialog."""
    match: Any = request.resolver_match
    return admin_url(match.func.model_admin.opts.label_lower, match.kwargs["object_id"])


class BackofficeSite(UnfoldAdminSite):  # type: ignore[misc]
    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Wrap a view as Django does, and render it while it is known who looks: links lead to what this user may open.

        Where a session ended, the page of which a part is asked for is loaded again, and leads to the log-in. A dialog
        is a part: who opens its address by itself gets the page with its button.
        """

        @wraps(view)
        def seen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            with looking(request):
                response: HttpResponseBase = view(request, *args, **kwargs)
                if request.method == "GET" and hasattr(view, "dialog") and not asks_for_a_part(request):
                    return redirect(first_open(_page_of_row(request)))
                return response.render() if isinstance(response, SimpleTemplateResponse) else response

        whole = super().admin_view(seen, cacheable)

        @wraps(whole)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if asks_for_a_part(request) and not self.has_permission(request):
                return load_again()
            response: HttpResponseBase = whole(request, *args, **kwargs)
            return response

        return asked

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return _Results.as_view(admin_site=self)(request)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Raises:
        BadRequest: there is no such page.
        """
        try:
            return super().search(request, extra_context)
        except InvalidPage as error:
            raise BadRequest(str(error)) from None
