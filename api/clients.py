"""API clients: users without a password that log in by token."""

from collections.abc import Sequence

from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from knox.models import AuthToken

from common.errors import OrderflowError


class InvalidClient(OrderflowError):
    """The client can't be created, or given a token."""


@transaction.atomic
def create_client(*, name: str, permissions: Sequence[str] = ()) -> str:
    """Create a client and its first token, which is returned and not stored.

    Args:
        permissions: such as "orders.set_price".

    Raises:
        InvalidClient: the name is taken or invalid, or a permission is unknown.
    """
    user = User(username=name)
    user.set_unusable_password()
    granted = [_permission(permission) for permission in permissions]
    try:
        user.clean_fields(exclude=["password"])
        with transaction.atomic():
            user.save(force_insert=True)
    except ValidationError as error:
        raise InvalidClient(f"{name!r} can't be a client's name: {' '.join(error.messages)}") from None
    except IntegrityError:
        raise InvalidClient(f"there is a client {name!r} already") from None
    user.user_permissions.set(granted)
    return _new_token(user)


def create_token(*, name: str) -> str:
    """Create another token for an existing client.

    Raises:
        InvalidClient: the client does not exist, or is not active.
    """
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise InvalidClient(f"there is no active client {name!r}")
    return _new_token(user)


def _new_token(user: User) -> str:
    _, token = AuthToken.objects.create(user)
    return str(token)


def _permission(name: str) -> Permission:
    app, _, codename = name.partition(".")
    permission = Permission.objects.filter(content_type__app_label=app, codename=codename).first()
    if permission is None:
        raise InvalidClient(f"there is no permission {name!r}; one looks like orders.set_price")
    return permission
