"""The end of browser sessions."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client

from api.sessions import SessionStore
from tests.factories import UserFactory

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
IDLE, MAX = timedelta(hours=8), timedelta(hours=24)
PASSWORD = "correct horse battery"
FORM = {"username": "anna", "password": PASSWORD}


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(START, tick=False)
    return time_machine


@pytest.fixture
def person(db, monkeypatch):
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    person = UserFactory(username="anna", is_staff=True, is_superuser=True)
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def browser(clock, person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def is_logged_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_a_session_ends_after_eight_hours_without_a_request(browser, clock):
    clock.shift(IDLE)

    assert not is_logged_in(browser)
    assert browser.get("/products").status_code == 401


def test_each_page_keeps_a_session_for_eight_hours_more(browser, clock):
    for _ in range(2):
        clock.shift(IDLE - timedelta(minutes=6))
        assert is_logged_in(browser)


def test_requests_to_the_api_keep_a_session_for_eight_hours_more(browser, clock):
    for _ in range(2):
        clock.shift(IDLE - timedelta(minutes=6))
        assert browser.get("/products").status_code == 200


def test_a_session_ends_after_a_day_whatever_is_asked_meanwhile(browser, clock):
    for _ in range(23):
        clock.shift(timedelta(hours=1))
        assert is_logged_in(browser)
    clock.shift(timedelta(hours=1))

    assert not is_logged_in(browser)


def test_a_session_that_is_written_to_late_ends_no_later(browser, clock):
    clock.shift(timedelta(hours=7))
    clock.shift(timedelta(hours=7)) if is_logged_in(browser) else None
    clock.shift(timedelta(hours=7)) if is_logged_in(browser) else None
    session = browser.session
    session["note"] = "something"
    session.save()
    clock.shift(timedelta(hours=3))

    assert not is_logged_in(browser)


def test_most_requests_write_nothing(browser, clock, django_assert_num_queries):
    clock.shift(timedelta(minutes=4))
    with django_assert_num_queries(2):  # the session and the user
        browser.get("/")


class Raced(SessionStore):
    """A session during whose request another request changes something."""

    def __init__(self, key: str, meanwhile) -> None:
        super().__init__(key)
        self.meanwhile = meanwhile

    def decode(self, session_data):
        self.meanwhile()
        return super().decode(session_data)


def test_extending_a_session_revives_none_that_another_request_has_ended(browser, clock):
    # Django saves the whole session, and fails where it is gone: dannyvfilms/Floppy#622, django/django#5950.
    clock.shift(timedelta(hours=1))

    Raced(browser.session.session_key, Session.objects.all().delete).load()

    assert not Session.objects.exists()


def test_an_extension_undoes_no_change_of_another_request(browser, clock):
    # yourlabs/django-session-security#1
    clock.shift(timedelta(hours=1))
    other = SessionStore(browser.session.session_key)
    other["chosen"] = "something"

    Raced(browser.session.session_key, other.save).load()

    assert browser.session["chosen"] == "something"


def test_a_session_from_before_sessions_had_an_end_is_none(browser):
    store = SessionStore()
    data = dict(browser.session.items())
    del data["_started_at"]
    Session.objects.update(session_data=store.encode(data), expire_date=START + timedelta(days=14))

    assert not is_logged_in(browser)


def test_a_log_in_deletes_the_sessions_that_have_ended(person, clock):
    for _ in range(3):
        Client().force_login(person)
    clock.shift(IDLE * 2)

    response = Client().post("/admin/login/", FORM)

    assert response.status_code == 302
    assert Session.objects.count() == 1


def test_a_log_in_takes_a_new_session(clock, person):
    client = Client()
    planted = client.session
    planted["planted"] = True
    planted.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key

    client.post("/admin/login/", FORM)

    assert client.session.session_key != planted.session_key
    assert not Session.objects.filter(pk=planted.session_key).exists()


def test_its_cookie_goes_with_the_browser_and_no_script_reads_it(person):
    cookie = Client().post("/admin/login/", FORM).cookies["sessionid"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"]
    assert not cookie["expires"]


def test_requests_with_a_token_make_no_session(api):
    api().get("/products")

    assert not Session.objects.exists()
