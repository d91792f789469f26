"""What staff see of an error: a page that says what to do, never raw JSON or two bare words.

mysociety/alaveteli#2490, GluuFederation/flex#1316: nothing at all, or a status alone.
"""

import pytest
from django.db import OperationalError
from django.test import Client
from structlog.testing import capture_logs

from api.sessions import SessionStore
from orders.admin_orders import OrderAdmin
from tests.failing import fails_with


@pytest.mark.parametrize("address", ["/admin/nothing/", "/admin/orders/nothing/"])
def test_of_a_page_that_there_is_not_it_is_said_in_the_admin_s_frame(superuser, address):
    response = superuser.get(address)

    assert response.status_code == 404
    page = response.content.decode()
    assert "There is nothing here" in page
    assert 'href="/admin/logout/"' in page or "Log out" in page


# arachnys/cabot#624, bagisto/bagisto#514: the page for what is not there failed for whoever was not logged in.
@pytest.mark.parametrize("address", ["/operations/nothing", "/operations.php", "/admin/%0aX", "/admin/login%0a"])
def test_of_a_page_that_there_is_not_a_stranger_is_told_too(db, address):
    response = Client().get(address)

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize("address", ["/admin/", "/admin/orders/order/", "/operations"])
def test_without_the_database_a_page_says_so(db, monkeypatch, address):
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "a" * 32
    monkeypatch.setattr(SessionStore, "load", fails_with(OperationalError("secret")))

    with capture_logs() as log:
        response = client.get(address)

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    said = [(line["log_level"], line["reason"]) for line in log if line["event"] == "database_unavailable"]
    assert said == [("warning", "PostgreSQL does not answer: secret")]
    page = response.content.decode()
    assert "Not available at the moment" in page
    assert "secret" not in page


def test_a_fault_of_ours_names_the_request_and_nothing_else(superuser, monkeypatch):
    superuser.raise_request_exception = False
    monkeypatch.setattr(OrderAdmin, "get_queryset", fails_with(ZeroDivisionError("secret")))

    response = superuser.get("/admin/orders/order/")

    assert response.status_code == 500
    page = response.content.decode()
    assert response["X-Request-ID"] in page
    assert "secret" not in page


def test_what_makes_no_sense_is_a_page_too(db, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1

    response = Client().post("/admin/login/", {"username": "ann", "password": "wrong"})

    assert response.status_code == 400
    assert "Not understood" in response.content.decode()


def test_a_form_from_before_a_log_in_says_that_nothing_was_changed(superuser, confirmed):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = superuser.cookies

    response = browser.post(f"/admin/orders/order/{confirmed.pk}/cancel_this/", {"reason": "no"})

    assert response.status_code == 403
    assert "Nothing was changed" in response.content.decode()
