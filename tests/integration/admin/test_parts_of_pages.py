"""Dialogs and pages that look again by themselves, when the session behind them is no more.

HyphaApp/hypha#4530, evoila/meho#2552, adamchainz/django-htmx#270: the log-in, or nothing, in the place of a part.
"""

import pytest
from django.test import Client

PART = {"HX-Request": "true"}


@pytest.mark.parametrize(
    "address", ["/operations", "/admin/messaging/replay/1/change/", "/admin/orders/order/1/cancel_this/"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_page_whose_session_ended_is_loaded_again(db, address, method):
    """It went blank, or its dialog stayed empty: the log-in came in the place of the part."""
    response = getattr(Client(), method)(address, headers=PART)

    assert response.headers["HX-Refresh"] == "true"
    assert response.content == b""


def test_whole_pages_lead_to_the_log_in(db):
    assert Client().get("/operations").headers["Location"] == "/admin/login/?next=/operations"


def test_a_dialog_of_who_may_do_it_no_more_loads_its_page_again(viewer, confirmed):
    response = viewer.get(f"/admin/orders/order/{confirmed.pk}/cancel_this/", headers=PART)

    assert (response.status_code, response.headers["HX-Refresh"]) == (403, "true")


def test_a_dialog_from_before_a_log_in_says_that_nothing_was_changed(superuser, confirmed):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = superuser.cookies

    response = browser.post(f"/admin/orders/order/{confirmed.pk}/cancel_this/", {"reason": "no"}, headers=PART)

    assert (response.status_code, response.headers["HX-Refresh"]) == (403, "true")
    confirmed.refresh_from_db()
    assert confirmed.status == "confirmed"
    assert "Nothing was changed" in browser.get(f"/admin/orders/order/{confirmed.pk}/change/").content.decode()
