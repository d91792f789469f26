"""manage.py create_api_client"""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from knox.crypto import hash_token
from knox.models import AuthToken

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_api_client", *arguments, stdout=out)
    return out.getvalue()


def test_the_token_is_all_that_is_printed():
    token = run("shop").removesuffix("\n")
    assert AuthToken.objects.get(digest=hash_token(token)).user.username == "shop"


def test_a_client_has_no_password_and_the_permissions_that_were_named():
    run("shop", "--permission", "orders.set_price", "orders.add_product", "--permission", "orders.change_product")
    client = User.objects.get()
    assert not client.has_usable_password()
    assert client.get_all_permissions() == {"orders.set_price", "orders.add_product", "orders.change_product"}


def test_another_token_is_made_for_a_client_that_there_is():
    assert run("shop") != run("shop", "--new-token")
    assert AuthToken.objects.filter(user__username="shop").count() == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["taken"], "there is a client 'taken' already"),
        (["a b"], "'a b' can't be a client's name"),
        (["x" * 151], "can't be a client's name"),
        ([""], "can't be a client's name"),
        (["shop", "--permission", "orders.nothing"], "there is no permission 'orders.nothing'"),
        (["shop", "--permission", "nonsense"], "there is no permission 'nonsense'"),
        (["nobody", "--new-token"], "there is no active client 'nobody'"),
        (["taken", "--new-token", "--permission", "orders.set_price"], "--new-token changes no permissions"),
    ],
)
def test_what_can_not_be_is_said_in_one_line_and_changes_nothing(arguments, says):
    run("taken")
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert User.objects.count() == AuthToken.objects.count() == 1
