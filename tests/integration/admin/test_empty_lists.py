"""A list with nothing in it says no more than that."""

import pytest


# unfold's own words ask to "create a new item or reset your filters", whoever may do what.
@pytest.mark.parametrize("path", ["messaging/deadletter", "messaging/outboxmessage", "invoicing/creditnote"])
def test_an_empty_list_of_what_only_the_system_writes_asks_for_nothing(viewer, path):
    text = viewer.get(f"/admin/{path}/").content.decode()

    assert "Nothing here" in text
    assert "Reset filters" not in text
    assert "Create a new item" not in text


def test_a_list_that_a_search_has_emptied_says_so(viewer):
    text = viewer.get("/admin/messaging/deadletter/?q=none").content.decode()

    assert "Nothing fits" in text
    assert "Reset filters" in text
