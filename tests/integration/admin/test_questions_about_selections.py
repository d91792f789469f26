"""What is asked about the rows that were selected in a list, before anything is done to them."""

import re

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
