"""The outbox and the dead letters."""

import pytest
from django.utils import timezone

from messaging.models import OutboxMessage
from messaging.outbox.unparking import unpark

OUTBOX = "/admin/messaging/outboxmessage/"


@pytest.fixture
def parked(outbox_message):
    return outbox_message(key="a", parked_at=timezone.now(), parked_reason="MessageSizeTooLargeError")


def send_again(client, *messages: OutboxMessage):
    return client.post(OUTBOX, {"action": "unpark_selected", "_selected_action": [message.pk for message in messages]})


def test_a_parked_message_is_sent_again_by_who_may(staff, parked, outbox_message):
    waiting = outbox_message(key="b")

    send_again(staff("messaging.view_outboxmessage", "messaging.change_outboxmessage"), parked, waiting)

    parked.refresh_from_db()
    assert (parked.parked_at, parked.parked_reason) == (None, "")


def test_looking_is_not_enough_to_send_a_message_again(viewer, parked):
    send_again(viewer, parked)

    parked.refresh_from_db()
    assert parked.parked_at is not None
    assert "unpark_selected" not in viewer.get(OUTBOX).content.decode()


def test_unparking_counts_what_was_parked(parked, outbox_message):
    waiting, other = outbox_message(key="b"), outbox_message(key="c", parked_at=timezone.now(), parked_reason="?")

    assert unpark([parked.pk, waiting.pk, 0]) == 1

    other.refresh_from_db()
    assert other.parked_at is not None


def test_the_outbox_is_filtered_by_what_a_message_waits_for(viewer, parked, outbox_message):
    waiting = outbox_message(key="b")

    def shown(**parameters):
        return [message.pk for message in viewer.get(OUTBOX, parameters).context["cl"].result_list]

    assert shown(state="parked") == [parked.pk]
    assert shown(state="waiting") == [waiting.pk]
    assert shown(state="nonsense") == shown() == [parked.pk, waiting.pk]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"a":1e400,"a":"<b>"}', "{\n  &quot;a&quot;: 1e400,\n  &quot;a&quot;: &quot;&lt;b&gt;&quot;\n}"),
        (b"\xff\x00<i>", "\\xff\\x00&lt;i&gt;"),
        (b"[" * 100_000, "[[["),
        (b"", '<pre class="backoffice-pre"></pre>'),
    ],
    ids=["JSON", "no text", "deep", "empty"],
)
def test_the_body_of_a_dead_letter_is_shown_as_text(superuser, dead_letter, body, shown):
    letter = dead_letter(body=body)

    html = superuser.get(f"/admin/messaging/deadletter/{letter.pk}/change/").content.decode()

    assert shown in html
    assert "Traceback (most recent call last)" in html
    assert "ce_type" in html


def test_a_dead_letter_leads_to_its_order_if_its_key_is_one(viewer, dead_letter, place):
    order = place(MUG=1)
    of_order, of_nobody = dead_letter(key=str(order.pk)), dead_letter(key="a/b\n?")

    assert f"/admin/orders/order/{order.pk}/change/" in _page(viewer, of_order)
    assert "a/b" in _page(viewer, of_nobody)


def _page(client, letter):
    return client.get(f"/admin/messaging/deadletter/{letter.pk}/change/").content.decode()
