"""Imported orders belong to a service user: whoever else there is, nobody logs in as their owner."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from knox.models import AuthToken
from rest_framework.test import APIClient

from api.clients import create_client
from backoffice.admin import UserAdmin
from orders.importing.owner import OWNER
from orders.models import Order
from tests.factories import ProductFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def import_order(write_orders, import_orders):
    """A function that imports an order of a reference."""
    ProductFactory(sku="MUG")
    return lambda reference: import_orders(write_orders(f"{reference},C-1,MUG,1"))


@pytest.fixture
def former_owner(import_order) -> User:
    """The former owner of imported orders, whose name a client could have, with an order."""
    import_order("OLD")
    User.objects.filter(username=OWNER).update(username="importer", is_active=True)
    return User.objects.get(username="importer")


def orders_seen_with(token: str) -> list[str]:
    answer = APIClient(headers={"Authorization": f"Bearer {token}"}).get("/orders")
    assert answer.status_code == 200
    return [order["reference"] for order in answer.json()["results"]]


@pytest.mark.parametrize("first", ["import", "client"])
def test_a_client_named_importer_reads_no_imported_order(import_order, first):
    if first == "import":
        import_order("R1")
    token = create_client(name="importer")
    import_order("R2")

    assert orders_seen_with(token) == []


def test_all_imports_have_one_owner_without_a_way_in(import_order):
    import_order("R1")
    import_order("R2")

    owner = User.objects.get()
    assert (owner.username, owner.is_active, owner.has_usable_password()) == (OWNER, False, False)
    assert set(Order.objects.values_list("client_id", flat=True)) == {owner.pk}


def test_a_token_that_was_made_for_the_owner_by_hand_opens_nothing(import_order):
    import_order("R1")
    _, token = AuthToken.objects.create(User.objects.get())

    assert APIClient(headers={"Authorization": f"Bearer {token}"}).get("/orders").status_code == 401


@pytest.mark.parametrize("arguments", [[OWNER], [OWNER, "--new-token"]])
def test_no_client_is_made_of_the_owner(import_order, arguments):
    import_order("R1")

    with pytest.raises(CommandError, match=r"can't be a client's name|there is no active client"):
        call_command("create_api_client", *arguments)


def test_the_admin_makes_no_user_of_the_owners_name_and_does_not_let_it_in(import_order):
    password = {"password1": "a-long-pass-phrase", "password2": "a-long-pass-phrase", "usable_password": "true"}

    new = UserAdmin.add_form({"username": OWNER, **password})
    assert "Enter a valid username" in str(new.errors["username"])

    import_order("R1")
    changed = UserAdmin.form({"username": OWNER, "is_active": "on"}, instance=User.objects.get())

    assert "Enter a valid username" in str(changed.errors["username"])


def test_the_owner_of_former_versions_stays_the_owner_under_its_new_name(import_order, former_owner):
    import_order("NEW")

    former_owner.refresh_from_db()
    assert (former_owner.username, former_owner.is_active) == (OWNER, False)
    assert set(Order.objects.values_list("client_id", flat=True)) == {former_owner.pk}
    assert User.objects.count() == 1


def test_a_client_that_reads_imported_orders_already_is_for_the_operator_to_decide(
    write_orders, run, former_owner, import_order
):
    AuthToken.objects.create(former_owner)

    said = run("import_orders", write_orders("NEW,C-1,MUG,1"), fails=True)

    assert "imported orders belong to the user importer, which can log in and read them" in said.err
    assert len(said.err.splitlines()) == 1
    assert Order.objects.count() == 1
    AuthToken.objects.all().delete()
    import_order("NEW")
    assert set(Order.objects.values_list("client_id", flat=True)) == {former_owner.pk}


def test_a_user_named_importer_without_imported_orders_is_left_alone(import_order):
    other = UserFactory(username="importer")

    import_order("R1")

    other.refresh_from_db()
    assert (other.username, other.is_active) == ("importer", True)
    assert not Order.objects.filter(client=other).exists()
