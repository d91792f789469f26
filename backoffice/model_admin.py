"""The bases of the admin classes: lists of tables that grow without bound, and pages of rows that nobody edits."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import ChangeList as DjangoChangeList
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.paginator import InfinitePaginator

from backoffice.exports import Exports
from backoffice.lists import StrictAdmin, StrictChangeList
from backoffice.panel_pages import page_of
from backoffice.panels import PanelOf
from backoffice.search import Criterion, matching
from common.keyset import beyond, names_of

AFTER, BEFORE = "after", "before"  # the parameters of a page: the row before its first, or behind its last


class _ChangeList(StrictChangeList):
    """A list that leaves out the columns that it does not show, and whose pages begin behind a row that they name.

    A page that began behind a number of rows would read all of these first.
    """

    model_admin: "BigTableAdmin"
    export_links: Sequence[tuple[str, str]] = ()  # titles with addresses
    _place: tuple[str, str] | None = None  # AFTER or BEFORE, and the primary key of a row

    def get_filters(self, request: HttpRequest) -> Any:
        for parameter in (AFTER, BEFORE):
            if parameter in self.params:
                self._place = (parameter, self.params.pop(parameter))
                del self.filter_params[parameter]
        return super().get_filters(request)

    def get_results(self, request: HttpRequest) -> None:
        """The rows of the page; `next_url` and `previous_url` are empty where there are none.

        The number of a page has no meaning, but in a list that is ordered by how well it fits a search.
        """
        if exports := self.model_admin.exports:
            self.export_links = exports.links(request.user, request.GET.dict())
        ordering = self._keys(request)
        if ordering is None:
            super().get_results(request)
            return
        self.page_num = 1
        super().get_results(request)
        place, backwards = self._row_of_place(ordering), self._place is not None and self._place[0] == BEFORE
        queryset = self.queryset.order_by(*ordering)
        if place is not None:
            queryset = queryset.filter(beyond(self.model, ordering, place, backwards=backwards))
        self._show(list((queryset.reverse() if backwards else queryset)[: self.list_per_page + 1]), place, backwards)

    def _show(self, found: list[Any], place: tuple[Any, ...] | None, backwards: bool) -> None:
        """Show what was found, which is one more than fits where there is more."""
        rows = found[: self.list_per_page]
        more = len(found) > len(rows)
        self.result_list = rows[::-1] if backwards else rows
        self.next_url = self._url(AFTER, -1) if rows and (more or backwards) else ""
        self.previous_url = self._url(BEFORE, 0) if rows and (more if backwards else place is not None) else ""
        self.paginator.template_name = "backoffice/pagination.html"

    def _keys(self, request: HttpRequest) -> list[str] | None:
        """The fields by which the list is ordered; None if they are not all ascending or all descending."""
        ordering = list(dict.fromkeys(self.get_ordering(request, self.queryset)))
        names = [name for name in ordering if isinstance(name, str)]
        if len(names) < len(ordering) or len({name.startswith("-") for name in names}) > 1:
            return None
        return [name.replace("pk", self.opts.pk.name) if name.lstrip("-") == "pk" else name for name in names]

    def _row_of_place(self, ordering: list[str]) -> tuple[Any, ...] | None:
        """The values of the row that the page is beyond; None where there is no such row: the page is the first."""
        if self._place is None or "\x00" in self._place[1]:
            return None
        try:
            row = self.model._default_manager.filter(pk=self._place[1])
            return row.values_list(*names_of(ordering)).first()
        except (ValidationError, ValueError):
            return None

    def _url(self, parameter: str, index: int) -> str:
        return self.get_query_string({parameter: self.result_list[index].pk})

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
    most_selected = 1_000  # rows for one action: a request ends in good time, and a form takes 5,000 fields
    search_by: Mapping[str, Criterion] = {}  # what a person calls it, and how to find it
    exports: Exports | None = None
    list_before_template = "backoffice/exports.html"
    panels: Mapping[PanelOf[Any], str] = {}  # each with the permission that one needs to see it
    change_form_outer_after_template = "backoffice/panels.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DjangoChangeList]:
        return _ChangeList

    @property
    def search_help_text(self) -> str:  # type: ignore[override]
        """The search field's placeholder."""
        *names, last = self.search_by
        return f"Exact {', '.join(names)} or {last}" if names else f"Exact {last}"

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Carry out an action on what is selected, unless that is more than a request can do."""
        if request.POST.get("select_across") == "1" and queryset[self.most_selected :].exists():
            few = f"{self.most_selected:,}"
            told = f"Nothing was done: more than {few} were found. Search or filter for fewer, or select by page."
            self.message_user(request, told, messages.ERROR)
            return None
        return super().response_action(request, queryset, *args, **kwargs)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return tuple(self.search_by)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return matching(queryset, search_term.strip(), self.search_by.values()), False

    def name_of(self, row: Any) -> str:
        """What people call a row, in the title of its page, of which they have several open."""
        return str(row)

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
            panels = [panel for panel_of in visible if (panel := panel_of(obj))]
            context["subtitle"] = self.name_of(obj)
            context["panels"] = [page_of(panel, request.GET) for panel in panels]
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
