"""Lists that take the parameters of their own filters and no others."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.admin.views.main import ChangeList as DjangoChangeList
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

if TYPE_CHECKING:  # unfold's classes are not typed; they derive from these
    from django.contrib.admin import ModelAdmin as DjangoModelAdmin

    UnfoldModelAdmin = DjangoModelAdmin[Any]
    UnfoldChangeList = DjangoChangeList
else:
    UnfoldModelAdmin, UnfoldChangeList = ModelAdmin, ChangeList


class StrictChangeList(UnfoldChangeList):
    """Django also takes every look-up of every field, such as `?status__regex=[`, and fails where PostgreSQL does."""

    def get_filters(self, request: HttpRequest) -> Any:
        if any("\x00" in value for name, value in self.params.items() if name != SEARCH_VAR):
            raise IncorrectLookupParameters("a filter holds a NUL, which PostgreSQL can't compare with")
        filters, has_filters, others, *rest = super().get_filters(request)
        if others:
            raise IncorrectLookupParameters(f"no filter of this list: {', '.join(others)}")
        return filters, has_filters, others, *rest


class StrictAdmin(UnfoldModelAdmin):
    """The base of all admin classes: no address and no form field, however odd, is a fault of ours."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DjangoChangeList]:
        return StrictChangeList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, object_id, from_field or None)  # ?_to_field= is no field

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if "\x00" in search_term:
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Raises:
        BadRequest: what is selected can't be the id of a row.
        """
        for selected in request.POST.getlist(ACTION_CHECKBOX_NAME):
            self._check_id(selected)
        return super().response_action(request, queryset, *args, **kwargs)

    def _check_id(self, text: str) -> None:
        try:
            self.opts.pk.to_python(text)
        except ValidationError:
            raise BadRequest("a selected row has an id that can't be one") from None
        if "\x00" in text:
            raise BadRequest("a selected row has an id with a NUL, which PostgreSQL has not")
