"""API clients: users without a password that log in by token."""

from collections.abc import Sequence

from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from knox.models import AuthToken

from common.errors import OrderflowError


class ClientRefused(OrderflowError):
    """The client can't be created so."""


@transaction.atomic
def create_client(*, name: str, permissions: Sequence[str] = ()) -> str:
    """Create a client and its first token, which is returned and can't be had again.

    Args:
        permissions: such as "orders.set_price".

    Raises:
        ClientRefused: the name is taken or can't be one, or a permission is unknown.
    """
    user = User(username=name)
    user.set_unusable_password()
    granted = [_permission(permission) for permission in permissions]
    try:
        user.clean_fields(exclude=["password"])
        with transaction.atomic():
            user.save(force_insert=True)
    except ValidationError as error:
        raise ClientRefused(f"{name!r} can't be a client's name: {' '.join(error.messages)}") from None
    except IntegrityError:
        raise ClientRefused(f"there is a client {name!r} already") from None
    user.user_permissions.set(granted)
    return _new_token(user)


def create_token(*, name: str) -> str:
    """Another token for a client that there is.

    Raises:
        ClientRefused: there is none, or it is not active.
    """
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise ClientRefused(f"there is no active client {name!r}")
    return _new_token(user)


def _new_token(user: User) -> str:
    _, token = AuthToken.objects.create(user)
    return str(token)


def _permission(name: str) -> Permission:
    app, _, codename = name.partition(".")
    permission = Permission.objects.filter(content_type__app_label=app, codename=codename).first()
    if permission is None:
        raise ClientRefused(f"there is no permission {name!r}; one looks like orders.set_price")
    return permission
