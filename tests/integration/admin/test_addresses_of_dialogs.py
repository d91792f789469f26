"""The address of a dialog, by itself: of a button that is opened in another tab, or to which a log-in leads back."""

import pytest


@pytest.mark.parametrize("button", ["cancel_this", "fulfil_this", "replay_stuck"])
def test_it_leads_to_the_page_of_the_row(superuser, confirmed, button):
    """It was a dialog without a page, and an empty page once it was sent."""
    page = f"/admin/orders/order/{confirmed.pk}"

    response = superuser.get(f"{page}/{button}/")

    assert (response.status_code, response.headers["Location"]) == (302, f"{page}/change/")


def test_it_is_a_dialog_in_its_page(superuser, confirmed):
    response = superuser.get(f"/admin/orders/order/{confirmed.pk}/cancel_this/", headers={"HX-Request": "true"})

    assert 'id="dialog"' in response.content.decode()


def test_a_page_of_an_action_stays_one(superuser, confirmed):
    assert superuser.get(f"/admin/orders/order/{confirmed.pk}/fulfil_part/").status_code == 200


def test_it_is_forbidden_to_who_may_not_do_it(viewer, confirmed):
    assert viewer.get(f"/admin/orders/order/{confirmed.pk}/cancel_this/").status_code == 403
