"""Limits on log-ins to the admin, by which nobody can be locked out."""

from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.db.models import F
from django.test import Client, RequestFactory
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from api.logins import hashing
from api.logins.exceptions import TooManyFailures
from api.models import LoginFailureCounter
from tests.concurrency import at_once
from tests.factories import UserFactory

LOGIN = "/admin/login/"
PASSWORD = "correct horse battery"
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture(autouse=True)
def hashes(monkeypatch) -> list[str]:
    """The passwords that were hashed, by a fast hasher."""
    hashed: list[str] = []
    slow = PBKDF2PasswordHasher.encode

    def encode(self, password, salt, iterations=None):
        hashed.append(password)
        return slow(self, password, salt, 1)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", encode)
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    return hashed


@pytest.fixture
def anna(db):
    return user("anna")


def user(name: str):
    person = UserFactory(username=name, is_staff=True, is_superuser=True)
    person.set_password(PASSWORD)
    person.save()
    return person


def log_in(password: str = PASSWORD, *, name: str = "anna", address: str = HERE, browser: Client | None = None):
    browser = browser or Client()
    return browser.post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address)


def fail(times: int, **how) -> None:
    for n in range(times):
        assert log_in(f"guess {n}", **how).status_code == 200


def later(by: timedelta) -> None:
    """Make every failure older, because PostgreSQL's clock dates them."""
    LoginFailureCounter.objects.update(last_at=F("last_at") - by)


def outcome(name: str) -> float:
    return REGISTRY.get_sample_value("orderflow_logins_total", {"outcome": name}) or 0


def test_who_knows_the_password_gets_in(anna):
    assert log_in().status_code == 302


def test_the_sixth_try_has_to_wait_and_hashes_nothing(anna, hashes):
    fail(5)
    hashes.clear()

    response = log_in()

    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 15
    assert "Too many log-ins have failed" in response.content.decode()
    assert not hashes


def test_after_the_wait_the_right_password_gets_in_and_all_is_as_before(anna):
    fail(5)
    later(timedelta(seconds=15))

    assert log_in().status_code == 302
    fail(5)


def test_waits_double_while_failures_go_on(anna):
    fail(5)
    later(timedelta(seconds=15))
    fail(1)

    assert 15 < int(log_in()["Retry-After"]) <= 30


def test_tries_that_are_rejected_make_no_wait_longer(anna):
    # django-axes by default begins its cool-off anew with each: cast-org/clusive#308.
    fail(5)
    for _ in range(20):
        log_in()

    assert int(log_in()["Retry-After"]) <= 15


def test_a_stranger_keeps_nobody_out_of_another_address(anna):
    # A lock that is keyed on the account alone: psecio/gatekeeper#55, josuebrunel/ezauth#196, Devlaner/devlane#386.
    fail(5, address=ELSEWHERE)

    assert log_in(address=ELSEWHERE).status_code == 429
    assert log_in(address=HERE).status_code == 302


def test_one_address_does_not_try_one_password_on_all_accounts(anna):
    # laravel/framework#28388
    for n in range(20):
        fail(1, name=f"person-{n}")

    assert log_in(name="person-20").status_code == 429


def test_many_addresses_do_not_guess_the_password_of_one_account(anna):
    for n in range(20):
        fail(1, address=f"198.51.100.{n}")

    assert log_in(address="203.0.113.1").status_code == 429


def test_a_browser_that_has_logged_in_before_is_kept_out_by_no_stranger(anna):
    browser = Client()
    log_in(browser=browser)
    browser.post("/admin/logout/")
    for n in range(20):
        fail(1, address=f"198.51.100.{n}")
        fail(1, name=f"person-{n}")
    assert log_in().status_code == 429

    assert log_in(browser=browser).status_code == 302


def test_a_known_browser_has_no_more_tries_than_others(anna):
    browser = Client()
    log_in(browser=browser)
    browser.post("/admin/logout/")
    fail(5, browser=browser)

    assert log_in(browser=browser).status_code == 429


def test_a_browser_is_known_for_its_own_account_only(anna):
    user("bert")
    browser = Client()
    log_in(browser=browser, name="bert")
    browser.post("/admin/logout/")
    fail(5)

    assert log_in(browser=browser).status_code == 429


@pytest.mark.parametrize("forged", ["", "x", "b1:anna", "b1:anna:1tVXYZ:abc", "\u00e9", "a" * 4000])
def test_a_forged_cookie_makes_no_known_browser(anna, forged):
    browser = Client()
    browser.cookies["known_browser"] = forged
    fail(5)

    assert log_in(browser=browser).status_code == 429


def test_an_account_that_there_is_not_is_treated_as_one_that_there_is(anna, hashes):
    hashes.clear()

    real = [log_in("guess", name="anna", address=HERE) for _ in range(6)]
    made_up = [log_in("guess", name="nobody", address=ELSEWHERE) for _ in range(6)]

    assert [answer.status_code for answer in real] == [answer.status_code for answer in made_up] == [200] * 5 + [429]
    assert [str(answer.context["form"].errors) for answer in real[:5]] == [
        str(answer.context["form"].errors) for answer in made_up[:5]
    ]
    assert len(hashes) == 5 + 5


def test_behind_a_proxy_clients_are_told_apart(anna, settings):
    # helfertool/helfertool#2, opengisch/QFieldCloud#1836: the proxy's address was blocked, and with it everybody.
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    attacker, person = ({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": one} for one in (ELSEWHERE, HERE))
    for n in range(20):
        Client(**attacker).post(LOGIN, {"username": f"person-{n}", "password": "guess"})
    form = {"username": "anna", "password": PASSWORD}

    assert Client(**attacker).post(LOGIN, form).status_code == 429
    assert Client(**person).post(LOGIN, form).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_many_guesses_at_once_no_more_than_allowed_are_looked_at(hashes):
    # jazzband/django-axes#592: 15 to 20 of 100 got through before the fifth was counted.
    user("anna")
    hashes.clear()

    at_once([lambda n=n: log_in(f"guess {n}") for n in range(20)])

    assert 1 <= len(hashes) <= 5
    assert log_in(address=ELSEWHERE).status_code == 302


def test_while_another_password_is_hashed_a_stranger_is_told_to_come_back(anna, hashes):
    hashes.clear()
    statuses = []

    with hashing.hashing_turn(timeout=0):
        at_once([lambda: statuses.append(log_in())])

    assert statuses[0].status_code == 503
    assert statuses[0]["Retry-After"] == "1"
    assert not hashes


@pytest.mark.django_db(transaction=True)
def test_a_try_that_is_rejected_anyhow_waits_for_no_turn_and_takes_none():
    user("anna")
    fail(5)
    answers = []

    with hashing.hashing_turn(timeout=0):
        at_once([lambda: answers.append(log_in())])

    assert [answer.status_code for answer in answers] == [429]


@pytest.mark.django_db(transaction=True)
def test_whatever_hashes_a_password_waits_for_its_turn_and_then_says_503(superuser_page, monkeypatch):
    monkeypatch.setattr(hashing, "HASHING_TIMEOUT", 0.01)
    answers = []

    with hashing.hashing_turn(timeout=0):
        at_once([lambda: answers.append(superuser_page())])

    assert [answer.status_code for answer in answers] == [503]


def test_failures_are_logged_and_counted_without_the_password(anna):
    before = [outcome(name) for name in ("failed", "limited", "succeeded")]

    with capture_logs() as lines:
        fail(5)
        log_in("guess 6")
        log_in(address=ELSEWHERE)

    assert [line["event"] for line in lines if line["event"].startswith("login_")] == [
        *["login_failed"] * 5,
        "login_limited",
        "login_succeeded",
    ]
    assert {line["address"] for line in lines if line["event"] == "login_failed"} == {HERE}
    assert "guess" not in str(lines)
    assert (outcome("failed"), outcome("limited"), outcome("succeeded")) == (
        before[0] + 5,
        before[1] + 1,
        before[2] + 1,
    )


@pytest.mark.parametrize("name", ["a" * 150, "\x1b[2Jadmin\nlogin_succeeded", "\u202eadmin"])
def test_an_odd_name_is_cut_and_escaped_in_the_log(db, name):
    with capture_logs() as lines:
        log_in("guess", name=name)

    logged = [line["username"] for line in lines if line["event"] == "login_failed"]
    assert len(logged) == 1
    assert logged[0].isprintable()
    assert len(logged[0]) < 100


def test_names_and_addresses_are_not_kept(anna):
    fail(1)

    with connection.cursor() as cursor:
        cursor.execute("SELECT counter::text FROM api_loginfailurecounter AS counter")
        rows = str(cursor.fetchall())
    assert "anna" not in rows
    assert HERE not in rows


def test_old_failures_are_forgotten_and_their_rows_deleted(anna):
    fail(5)
    later(timedelta(days=1))
    fail(1, name="bert", address=ELSEWHERE)

    assert LoginFailureCounter.objects.count() == 3
    fail(5)


def test_without_a_request_nothing_is_counted(anna):
    assert authenticate(username="anna", password="guess") is None
    assert not LoginFailureCounter.objects.exists()


def test_any_page_that_asks_for_a_password_is_limited(anna):
    request = RequestFactory().post("/", REMOTE_ADDR=HERE)
    for _ in range(5):
        assert authenticate(request, username="anna", password="guess") is None

    with pytest.raises(TooManyFailures):
        authenticate(request, username="anna", password=PASSWORD)


def test_the_old_password_of_an_open_session_can_not_be_guessed_either(anna, hashes):
    browser = Client()
    log_in(browser=browser)
    new = {"new_password1": "a new long one", "new_password2": "a new long one"}
    for n in range(5):
        assert browser.post("/admin/password_change/", {"old_password": f"guess {n}", **new}).status_code == 200
    hashes.clear()

    rejected = browser.post("/admin/password_change/", {"old_password": PASSWORD, **new})

    assert rejected.status_code == 429
    assert not hashes
    later(timedelta(seconds=15))
    assert browser.post("/admin/password_change/", {"old_password": PASSWORD, **new}).status_code == 302


def test_strangers_are_led_from_the_page_for_a_new_password_to_the_log_in(db):
    assert Client().get("/admin/password_change/")["Location"].startswith(LOGIN)


@pytest.fixture
def superuser_page(anna):
    browser = Client()
    browser.force_login(anna)
    page = f"/admin/auth/user/{anna.pk}/password/"
    form = {"usable_password": "true", "password1": "a new long one", "password2": "a new long one"}
    browser.raise_request_exception = False
    return lambda: browser.post(page, form)
