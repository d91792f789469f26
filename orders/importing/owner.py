"""Who imported orders belong to: a service user whose name no client can have (docs/decisions/0011)."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction
from knox.models import AuthToken

from common.errors import OrderflowError
from orders.models import Order

# Django's rule for user names, which clients and people have to keep, knows no parentheses.
OWNER = "(importer)"
_FORMER_NAME = "importer"


class OwnerCanLogIn(OrderflowError):
    """The owner of imported orders has become a client."""

    def __init__(self) -> None:
        super().__init__(
            "imported orders belong to the user importer, which can log in and read them: in the admin, take away its "
            "tokens and its password or, to leave the orders to it, give it another name"
        )


@transaction.atomic
def owner_id() -> int:
    """The id of the service user; it is made when it is first asked for, or out of the one of former versions.

    Raises:
        OwnerCanLogIn: that one has become a client.
    """
    if not User.objects.filter(username=OWNER).exists():
        _adopt_former_owner()
    nobody = {"is_active": False, "password": make_password(None)}
    user, _ = User.objects.get_or_create(username=OWNER, defaults=nobody)
    return int(user.pk)


def _adopt_former_owner() -> None:
    """Give the user of former versions the name of the owner. By its old name, an API client could read all imports."""
    former = User.objects.select_for_update().filter(username=_FORMER_NAME).first()
    if former is None or not Order.objects.filter(client=former, source=Order.Source.IMPORT).exists():
        return
    if former.has_usable_password() or AuthToken.objects.filter(user=former).exists():
        raise OwnerCanLogIn
    former.username, former.is_active = OWNER, False
    former.save(update_fields=["username", "is_active"])
