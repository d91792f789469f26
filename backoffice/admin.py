"""The admin's front page, and who may log in: people and API clients alike are users."""

from django.contrib import admin
from django.contrib.admin import register
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from backoffice.lists import StrictAdmin

admin.site.index_template = "backoffice/index.html"
admin.site.index_title = "Overview"
admin.site.unregister([User, Group])


@register(User)
class UserAdmin(DjangoUserAdmin, StrictAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "is_active", "is_staff", "is_superuser", "last_login")
    autocomplete_fields = ("groups",)
    filter_horizontal = ("user_permissions",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Orders and bookings name their user for good. Whoever leaves is made inactive."""
        return False


@register(Group)
class GroupAdmin(DjangoGroupAdmin, StrictAdmin):
    pass
