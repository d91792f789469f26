"""The admin's front page, and who may log in: people and API clients alike are users."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import register
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from backoffice.changes import ChangesOnly
from backoffice.lists import StrictAdmin

admin.site.index_template = "backoffice/index.html"
admin.site.index_title = "Overview"
admin.site.unregister([User, Group])


class UserForm(ChangesOnly, UserChangeForm):  # type: ignore[misc]
    """A user as several people may change it: who is made inactive stays so, whatever old page is saved."""


class GroupForm(ChangesOnly, forms.ModelForm):  # type: ignore[type-arg]
    """A group as several people may change it."""


class _SharedAdmin(StrictAdmin):
    """Rows whose page several people may have open: it saves what was changed on it."""

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if change and isinstance(form, ChangesOnly):
            obj.save(update_fields=form.columns_changed())
        else:
            super().save_model(request, obj, form, change)


@register(User)
class UserAdmin(DjangoUserAdmin, _SharedAdmin):  # type: ignore[type-arg]
    form = UserForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "is_active", "is_staff", "is_superuser", "last_login")
    autocomplete_fields = ("groups",)
    filter_horizontal = ("user_permissions",)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody but a superuser changes a user, or sets the password of one, who may do what they may not."""
        return super().has_change_permission(request, obj) and (
            not isinstance(obj, User)
            or request.user.is_superuser
            or (not obj.is_superuser and request.user.has_perms(_permissions_of(obj)))
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """The read-only fields: also those that give permissions, unless for superusers: others could take them all."""
        gives = () if request.user.is_superuser else ("is_superuser", "groups", "user_permissions")
        return (*super().get_readonly_fields(request, obj), *gives)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the password, and its button, where this user may not set it."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or _may_set_password(request, obj):
            return fieldsets
        return [
            (title, {**options, "fields": [field for field in options["fields"] if field != "password"]})
            for title, options in fieldsets
        ]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        user = self.get_object(request, unquote(id))
        if user is not None and not _may_set_password(request, user):
            raise PermissionDenied
        response: HttpResponse = super().user_change_password(request, id, form_url)
        return response

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Orders and bookings name their user for good. Whoever leaves is made inactive."""
        return False


@register(Group)
class GroupAdmin(DjangoGroupAdmin, _SharedAdmin):
    form = GroupForm

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        """The read-only fields: also the permissions, unless for superusers, as on the page of a user."""
        gives = () if request.user.is_superuser else ("permissions",)
        return (*super().get_readonly_fields(request, obj), *gives)


def _may_set_password(request: HttpRequest, user: User) -> bool:
    """Only a superuser gives a password to a user without one: to a client of the API, which logs in by token.

    By its password one would see the orders that it placed, for which it needs no permission.
    """
    return request.user.is_superuser or user.has_usable_password()


def _permissions_of(user: User) -> list[str]:
    """What a user who is no superuser may do, or might if they were active."""
    held = Permission.objects.filter(Q(user=user) | Q(group__user=user))
    return [".".join(names) for names in held.values_list("content_type__app_label", "codename")]
