"""What is asked about the rows that were selected in a list, before anything is done to them."""

import re

from backoffice.model_admin import BigTableAdmin
from operations.admin import OrderAdmin
from orders.models import Order

ORDERS = "/admin/orders/order/"
LETTERS = "/admin/messaging/deadletter/"


def buttons(page) -> list[str]:
    """What the buttons say that send the question's form."""
    (form,) = re.findall(r'<form method="post" class="max-w-2xl">(.*?)</form>', page.content.decode(), re.DOTALL)
    return [each.strip() for each in re.findall(r'<button type="submit"[^>]*>(.*?)</button>', form, re.DOTALL)]


def test_its_button_says_what_it_does(superuser, confirmed, dead_letter):
    """It said "1": the theme's button shows the value of `submit`, which was the name of its text, too."""
    orders = {"_selected_action": [confirmed.pk]}
    letters = {"_selected_action": [dead_letter().pk]}

    assert buttons(superuser.post(ORDERS, {"action": "cancel_selected"} | orders)) == ["Cancel orders"]
    assert buttons(superuser.post(ORDERS, {"action": "fulfil_selected"} | orders)) == ["Fulfil orders"]
    assert buttons(superuser.post(LETTERS, {"action": "discard_selected"} | letters)) == ["Discard"]


# netbox-community/netbox#484, RolnickLab/antenna#1289, django-commons/django-tasks-scheduler#401: a bare 400, or a
# request that takes too long.
def test_who_selects_all_is_told_when_that_is_too_many(superuser, place, monkeypatch):
    place(MUG=1)
    place(MUG=1)
    everything = {"action": "cancel_selected", "select_across": "1", "_selected_action": [Order.objects.first().pk]}

    assert len(superuser.post(ORDERS, everything).context["selected"]) == 2

    monkeypatch.setattr(BigTableAdmin, "most_selected", 1)
    response = superuser.post(ORDERS, everything, follow=True)
    assert [str(each) for each in response.context["messages"]] == [
        "Nothing was done: more than 1 were found. Search or filter for fewer, or select by page."
    ]


def test_all_can_be_selected_where_a_page_does_not_show_all(superuser, place, monkeypatch):
    """It said "Select all 9999999999 orders", also over two."""
    place(MUG=1)
    place(MUG=1)
    assert "Select all that" not in superuser.get(ORDERS).content.decode()

    monkeypatch.setattr(OrderAdmin, "list_per_page", 1)
    shown = superuser.get(ORDERS).content.decode()
    assert "Select all that were found" in shown
    assert "9999999999" not in shown
