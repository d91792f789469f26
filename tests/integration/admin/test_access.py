"""API tokens and users."""

import pytest
from django.contrib.auth import get_user_model
from knox.models import AuthToken

from api.clients import create_client, create_token

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
