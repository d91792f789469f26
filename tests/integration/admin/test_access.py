"""API tokens, users, and what clients were told."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client
from knox.models import AuthToken

from api.clients import create_client, create_token
from api.models import IdempotencyRecord
from tests.factories import UserFactory
from tests.integration.admin.forms import entered

TOKENS = "/admin/knox/authtoken/"


@pytest.fixture
def token(db) -> AuthToken:
    create_client(name="shop")
    return AuthToken.objects.get()


def test_tokens_are_shown_by_their_beginning_and_never_by_their_digest(superuser, token):
    html = superuser.get(TOKENS).content.decode()

    assert token.token_key in html
    assert "shop" in html
    assert f">{token.digest}<" not in html


def test_a_token_is_revoked_after_a_question(superuser, token):
    create_token(name="shop")
    chosen = {"action": "delete_selected", "_selected_action": [token.pk]}

    question = superuser.post(TOKENS, chosen).content.decode()
    assert f"the token {token.token_key}… of shop" in question
    assert AuthToken.objects.count() == 2

    superuser.post(TOKENS, chosen | {"post": "yes"})
    assert not AuthToken.objects.filter(pk=token.pk).exists()
    assert AuthToken.objects.count() == 1


def test_looking_is_not_enough_to_revoke_a_token(viewer, token):
    viewer.post(TOKENS, {"action": "delete_selected", "_selected_action": [token.pk], "post": "yes"})

    assert AuthToken.objects.exists()


def test_a_user_is_added_and_the_password_changed(superuser):
    password = "correct horse battery"
    superuser.post(
        "/admin/auth/user/add/",
        {"username": "clerk", "usable_password": "true", "password1": password, "password2": password},
    )
    user = get_user_model().objects.get(username="clerk")
    assert user.check_password(password)

    page = f"/admin/auth/user/{user.pk}/password/"
    assert superuser.get(page).status_code == 200
    superuser.post(page, {"usable_password": "true", "password1": password + "!", "password2": password + "!"})

    user.refresh_from_db()
    assert user.check_password(password + "!")


PASSWORDS = {"usable_password": "true", "password1": "correct horse battery", "password2": "correct horse battery"}
MANAGES_USERS = [f"auth.{what}_{model}" for what in ("view", "add", "change") for model in ("user", "group")]


def with_permission(**fields):
    """A user who may cancel orders."""
    user = UserFactory(**fields)
    user.user_permissions.add(Permission.objects.get(codename="cancel_order"))
    return user


def with_permission_by_group(**fields):
    user, group = UserFactory(**fields), Group.objects.create(name="cancelling")
    group.permissions.add(Permission.objects.get(codename="cancel_order"))
    user.groups.add(group)
    return user


def superuser_of(**fields):
    return UserFactory(is_superuser=True, **fields)


@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("make", [superuser_of, with_permission, with_permission_by_group])
def test_who_manages_users_does_not_become_one_who_may_do_more(staff, make, is_active):
    """wagtail/wagtail#6307, fusionbox/django-authtools#2: by the password of a superuser, one is a superuser."""
    client, other = staff(*MANAGES_USERS), make(username="other", is_active=is_active)
    before = other.password

    assert client.post(f"/admin/auth/user/{other.pk}/password/", PASSWORDS).status_code == 403
    assert client.post(f"/admin/auth/user/{other.pk}/change/", {"username": "mine"}).status_code == 403

    other.refresh_from_db()
    assert (other.username, other.password) == ("other", before)


def test_who_manages_users_gives_no_permissions(staff):
    client = staff(*MANAGES_USERS)
    clerk, group = get_user_model().objects.get(username="clerk"), Group.objects.create(name="everybody")
    everything = list(Permission.objects.values_list("pk", flat=True))
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "is_active": "on", "is_staff": "on"}

    client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "renamed", "permissions": everything})
    client.post(
        f"/admin/auth/user/{clerk.pk}/change/",
        {"username": "clark", "is_superuser": "on", "user_permissions": everything, "groups": [group.pk], **joined},
    )

    clerk.refresh_from_db()
    group.refresh_from_db()
    assert (clerk.username, group.name) == ("clark", "renamed")
    assert not clerk.is_superuser
    assert not clerk.groups.exists()
    assert clerk.user_permissions.count() == len(MANAGES_USERS)
    assert not group.permissions.exists()


def test_who_manages_users_sets_the_password_of_one_who_may_do_less(staff):
    client, other = staff(*MANAGES_USERS), UserFactory(username="other")

    client.post(f"/admin/auth/user/{other.pk}/password/", PASSWORDS)

    other.refresh_from_db()
    assert other.check_password(PASSWORDS["password1"])


def test_who_manages_users_gives_no_password_to_a_client(staff, token):
    """keycloak/keycloak#21106: who may manage users became a service account, and saw what is the account's own."""
    client, page = staff(*MANAGES_USERS), f"/admin/auth/user/{token.user_id}/"

    assert client.get(f"{page}password/").status_code == 403
    assert client.post(f"{page}password/", PASSWORDS).status_code == 403
    assert not get_user_model().objects.get(username="shop").has_usable_password()


def test_who_manages_users_still_ends_a_client(staff, token):
    client, page = staff(*MANAGES_USERS), f"/admin/auth/user/{token.user_id}/change/"
    shown = client.get(page)
    assert "../password/" not in shown.content.decode()

    sent = entered(shown)
    del sent["is_active"]
    client.post(page, sent)

    assert not get_user_model().objects.get(username="shop").is_active


def test_a_superuser_gives_a_client_a_password(superuser, token):
    page = f"/admin/auth/user/{token.user_id}/"
    assert "../password/" in superuser.get(f"{page}change/").content.decode()

    superuser.post(f"{page}password/", PASSWORDS)

    assert get_user_model().objects.get(username="shop").has_usable_password()


def test_responses_are_shown_without_personal_data(staff, token):
    """Tr3kkR/Yuzu#2776: what is masked in one place was to be read in another, by another permission."""
    body = '{"customer_id":"C-1","bill_to":{"name":"Jane Doe","lines":["Side street 1"],"country":"GB"}}'
    record = IdempotencyRecord.objects.create(
        client=token.user, key="first", fingerprint=b"f", status=201, location="/orders/1", body=body
    )
    page = f"/admin/api/idempotencyrecord/{record.pk}/change/"
    look = "api.view_idempotencyrecord"

    masked = staff(look).get(page).content.decode()
    whole = staff(look, "messaging.unmask_deadletter", name="other").get(page).content.decode()

    assert "C-1" in masked
    assert "Jane Doe" not in masked
    assert "Side street" not in masked
    assert "Jane Doe" in whole


@pytest.mark.django_db
def test_a_page_from_before_a_log_in_says_what_to_do():
    """bookwyrm-social/bookwyrm#664, mozilla/django-browserid#211: a log-in in one tab breaks the others' forms."""
    browser = Client(enforce_csrf_checks=True)
    browser.get("/admin/login/")
    old = browser.cookies["csrftoken"].value
    browser.cookies["csrftoken"] = "n" * 32  # as another tab's log-in has it

    answer = browser.post("/admin/login/", {"csrfmiddlewaretoken": old, "username": "clerk", "password": "x"})

    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()
    assert "DEBUG" not in answer.content.decode()
