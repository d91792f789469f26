"""Two people have the page of the same user or group open, and save it one after the other.

etianen/django-reversion#79, pallets-eco/flask-admin#2596: the last one puts back what others changed meanwhile.
"""

import pytest
from django.contrib.auth.models import Group, Permission, User

from tests.factories import UserFactory
from tests.integration.admin.forms import entered


@pytest.fixture
def leaver(db):
    return UserFactory(username="leaver", is_staff=True, email="old@example.com")


def page_of(row) -> str:
    return f"/admin/auth/{row._meta.model_name}/{row.pk}/change/"


def test_who_was_made_inactive_stays_so_when_an_old_page_is_saved(superuser, leaver):
    old = entered(superuser.get(page_of(leaver)))
    User.objects.filter(pk=leaver.pk).update(is_active=False, last_login="2026-11-28T08:00:00Z")

    saved = superuser.post(page_of(leaver), old | {"email": "new@example.com"})
    assert saved.status_code == 302, saved.context["errors"]

    leaver.refresh_from_db()
    assert (leaver.email, leaver.is_active, leaver.is_staff) == ("new@example.com", False, True)
    assert leaver.last_login is not None


@pytest.mark.parametrize("which", ["user", "group"])
def test_permissions_that_two_people_give_and_take_are_all_given_and_taken(superuser, leaver, which):
    row = leaver if which == "user" else Group.objects.create(name="warehouse")
    field = "user_permissions" if which == "user" else "permissions"
    held = getattr(row, field)
    first, second, third, fourth = Permission.objects.all()[:4]
    held.set([first, second])
    old = entered(superuser.get(page_of(row)))
    held.set([second, third])  # somebody takes the first, and gives the third

    superuser.post(page_of(row), old | {field: [first.pk, fourth.pk]})  # takes the second, gives the fourth

    assert set(held.all()) == {third, fourth}


def test_what_a_person_changes_is_changed(superuser, leaver):
    old = entered(superuser.get(page_of(leaver)))
    del old["is_staff"]

    superuser.post(page_of(leaver), old | {"username": "renamed", "groups": [Group.objects.create(name="g").pk]})

    leaver.refresh_from_db()
    assert (leaver.username, leaver.is_staff, leaver.groups.count()) == ("renamed", False, 1)


def test_no_page_has_the_digest_of_a_password(superuser, leaver):
    leaver.set_password("correct horse battery")
    leaver.save()

    assert leaver.password not in superuser.get(page_of(leaver)).content.decode()
