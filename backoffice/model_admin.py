"""The bases of the admin classes: lists of tables that grow without bound, and pages of rows that nobody edits."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import ChangeList as DjangoChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.paginator import InfinitePaginator

from backoffice.lists import StrictAdmin, StrictChangeList
from backoffice.panels import PanelOf
from backoffice.search import Criterion, matching


class _ChangeList(StrictChangeList):
    """A list that leaves out the columns that a list does not show."""

    model_admin: "BigTableAdmin"

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        return super().get_queryset(request, exclude_parameters).defer(*self.model_admin.list_defer)


class BigTableAdmin(StrictAdmin):
    """Lists without counts, in the one order that an index serves, searched by whole values only."""

    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by = ()
    list_per_page = 50
    list_filter_submit = True
    list_fullwidth = True
    list_defer: Sequence[str] = ()  # big columns that the list does not show
    search_by: Mapping[str, Criterion] = {}  # what a person calls it, and how to find it
    panels: Mapping[PanelOf[Any], str] = {}  # each with the permission that one needs to see it
    change_form_outer_after_template = "backoffice/panels.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DjangoChangeList]:
        return _ChangeList

    @property
    def search_help_text(self) -> str:  # type: ignore[override]
        """The search field's placeholder."""
        *names, last = self.search_by
        return f"Exact {', '.join(names)} or {last}" if names else f"Exact {last}"

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return tuple(self.search_by)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return matching(queryset, search_term.strip(), self.search_by.values()), False

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> HttpResponse:
        """The page, with the panels that this user may see."""
        if obj is not None:
            visible = [panel_of for panel_of, permission in self.panels.items() if request.user.has_perm(permission)]
            context["panels"] = [panel for panel_of in visible if (panel := panel_of(obj))]
        context["show_history"] = self.has_change_permission(request, obj)  # others have none
        return super().render_change_form(request, context, add, change, form_url, obj)


class ReadOnlyAdmin(BigTableAdmin):
    """Rows that only the system writes: nobody adds, edits or deletes them here, superusers included."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
