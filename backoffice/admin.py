"""The admin's front page, and who may log in: people and API clients alike are users."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import register
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Model, Q
from django.http import HttpRequest
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
        """With what gives permissions, unless for superusers: others would give themselves all there are."""
        gives = () if request.user.is_superuser else ("is_superuser", "groups", "user_permissions")
        return (*super().get_readonly_fields(request, obj), *gives)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Orders and bookings name their user for good. Whoever leaves is made inactive."""
        return False


@register(Group)
class GroupAdmin(DjangoGroupAdmin, _SharedAdmin):
    form = GroupForm

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        """With the permissions, as those of users."""
        gives = () if request.user.is_superuser else ("permissions",)
        return (*super().get_readonly_fields(request, obj), *gives)


def _permissions_of(user: User) -> list[str]:
    """What a user who is no superuser may do, or might if they were active."""
    held = Permission.objects.filter(Q(user=user) | Q(group__user=user))
    return [".".join(names) for names in held.values_list("content_type__app_label", "codename")]
