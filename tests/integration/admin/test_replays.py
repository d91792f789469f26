"""Replays in the admin: one order in two clicks, many by a page, how far they are; payloads without personal data."""

import re

from messaging.dead_letters.carrying import ReplayCarrier
from messaging.models import DeadLetter, Replay
from operations.pipeline import CONSUMERS
from tests.integration.admin.test_settling_dead_letters import press, sound, told

__all__ = ["sound"]
LETTERS, REPLAYS, ORDERS = (f"/admin/{name}/" for name in ("messaging/deadletter", "messaging/replay", "orders/order"))
MANY = f"{LETTERS}replay_many/"
LOOK, ONE, SOME, WHOLE, LIST = (
    f"messaging.{name}"
    for name in ("view_deadletter", "replay_deadletter", "replay_many_deadletter", "unmask_deadletter", "view_replay")
)
PERSONAL = b'{"order_id": "1", "bill_to": {"name": "Jane Private", "country": "GB"}, "note": "jane@example.org"}'


def text_of(client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def submit(client, **entered: str):
    """Send the page for many, with its key."""
    key = client.get(MANY).context["form"]["submission"].value()
    return client.post(MANY, {"submission": key, "what": "all"} | entered, follow=True)


def carry() -> None:
    for replay in Replay.objects.filter(state="running"):
        ReplayCarrier(CONSUMERS).carry(replay.pk, seconds=60)


# --- one order -------------------------------------------------------------------------------------------------------


def test_an_order_that_is_stuck_is_replayed_from_its_page_and_the_try_is_on_record(staff, sound):
    letter = sound()
    clerk = staff(LOOK, ONE, LIST, "orders.view_order", "inventory.view_reservationdecision")
    page = f"{ORDERS}{letter.key}"
    assert f"{page}/replay_stuck/" in text_of(clerk, f"{page}/change/")

    dialog = clerk.get(f"{page}/replay_stuck/", headers={"HX-Request": "true"})
    assert "from the first on" in dialog.content.decode()
    after = clerk.post(f"{page}/replay_stuck/", {"_form_submitted": "true"})
    shown = clerk.get(after.headers["HX-Redirect"])

    assert told(shown) == [("success", "1 replayed.")]
    assert "replay_stuck" not in shown.content.decode()
    (replay,) = Replay.objects.all()
    assert (replay.by, replay.chosen, replay.state) == ("clerk", f"dead letter {letter.pk}", "done")
    assert f"replay {replay.pk}" in text_of(clerk, f"{LETTERS}{letter.pk}/change/")
    assert told(clerk.get(clerk.post(f"{page}/replay_stuck/", {"_form_submitted": "true"}).headers["HX-Redirect"])) == [
        ("info", "Nothing of it is stuck any more.")
    ]


def test_who_may_not_replay_is_offered_no_button_on_the_orders_page(staff, sound):
    letter, clerk = sound(), staff(LOOK, "orders.view_order")

    assert "replay_stuck" not in text_of(clerk, f"{ORDERS}{letter.key}/change/")
    assert clerk.post(f"{ORDERS}{letter.key}/replay_stuck/", {"_form_submitted": "true"}).status_code == 403
    assert DeadLetter.objects.get().state == "failed"


# Particular/ServicePulse#185: "retry all" of many said that it did, and did nothing; #265: nobody could see how far.
def test_what_takes_longer_than_a_moment_goes_on_without_the_page(staff, sound, monkeypatch):
    letter, clerk = sound(), staff(LOOK, ONE, LIST)
    monkeypatch.setattr(ReplayCarrier, "carry", lambda *_args, **_kwargs: None)

    messages = told(press(clerk, "replay_this", letter))

    assert messages[0] == ("success", "1 not tried yet.")
    assert "/admin/messaging/replay/" in messages[1][1]


# --- many ------------------------------------------------------------------------------------------------------------


# HangfireIO/Hangfire#4: whoever retries all wants to know how many were, and how many were not.
def test_all_of_a_cause_are_ordered_by_a_page_that_says_how_many_there_are(staff, sound, dead_letter):
    clerk, broken = staff(LOOK, SOME, LIST), dead_letter()
    mended = [sound(error="KeyError: 'x'") for _ in range(2)]
    assert "2 × inventory: KeyError" in text_of(clerk, MANY)

    ordered = submit(clerk, what="inventory:KeyError", per_second="100")

    assert told(ordered) == [("success", "Ordered: 2 dead letters are replayed from now on.")]
    assert {letter.state for letter in DeadLetter.objects.all()} == {"failed"}  # a request does not carry many out
    carry()
    assert {letter.state for letter in DeadLetter.objects.filter(pk__in=[one.pk for one in mended])} == {"replayed"}
    broken.refresh_from_db()
    assert (broken.state, broken.attempts) == ("failed", 4)


def test_a_page_that_is_sent_twice_orders_one_replay(staff, sound):
    clerk, _letter = staff(LOOK, SOME, LIST), sound()
    key = clerk.get(MANY).context["form"]["submission"].value()

    for _ in range(2):
        clerk.post(MANY, {"submission": key, "what": "all"})

    assert Replay.objects.count() == 1


def test_a_dry_run_shows_what_would_come_of_it(staff, sound, dead_letter):
    clerk, _mended, _broken = staff(LOOK, SOME, LIST), sound(), dead_letter()

    text = submit(clerk, dry_run="on").content.decode()

    assert "Would fail again: UndecodableEvent" in text
    assert "2 of 2" in text
    assert set(DeadLetter.objects.values_list("state", "attempts")) == {("failed", 4)}
    assert not Replay.objects.exists()


def test_nothing_to_replay_is_said(staff):
    assert "No dead letter of these is open any more." in submit(staff(LOOK, SOME, LIST)).content.decode()


def test_many_take_a_permission_of_their_own(staff, sound):
    clerk, _letter = staff(LOOK, ONE, LIST), sound()

    assert "replay_many" not in text_of(clerk, LETTERS)
    assert clerk.get(MANY).status_code == clerk.post(MANY, {"what": "all"}).status_code == 403


def test_a_stepped_replay_waits_goes_on_and_is_stopped_by_buttons(staff, sound):
    clerk = staff(LOOK, SOME, LIST)
    for _ in range(13):
        sound()
    submit(clerk, stepped="on")
    carry()
    (replay,) = Replay.objects.all()
    page = f"{REPLAYS}{replay.pk}"
    shown = text_of(clerk, f"{page}/change/")
    assert "It waits for a person" in shown
    assert "waits after a step: 1 replayed, 12 not tried yet" in text_of(clerk, "/operations/")

    clerk.post(f"{page}/go_on_with_this/", {"_form_submitted": "true"})
    carry()
    clerk.post(f"{page}/stop_this/", {"_form_submitted": "true"})

    replay.refresh_from_db()
    assert (replay.state, replay.replayed, replay.stopped_by, replay.left) == ("stopped", 11, "clerk", 2)
    ended = text_of(clerk, f"{page}/change/")
    assert "Stopped by clerk." in ended
    assert "stop_this" not in ended


def test_a_page_that_polls_loads_again_once_there_is_something_to_decide(staff, sound):
    clerk, _letter = staff(LOOK, SOME, LIST), sound()
    submit(clerk)
    (replay,) = Replay.objects.all()
    polling = {"headers": {"HX-Request": "true"}}
    assert "every 2s" in text_of(clerk, f"{REPLAYS}{replay.pk}/change/")
    assert "HX-Refresh" not in clerk.get(f"{REPLAYS}{replay.pk}/change/", **polling).headers

    carry()

    assert clerk.get(f"{REPLAYS}{replay.pk}/change/", **polling).headers["HX-Refresh"] == "true"
    assert "every 2s" not in text_of(clerk, f"{REPLAYS}{replay.pk}/change/")


def test_the_operations_page_tells_of_what_waits_behind_nothing(viewer, dead_letter):
    dead_letter(key="a", state="waiting")

    assert "1 event waits behind dead letters that are settled." in text_of(viewer, "/operations/")


def test_the_operations_page_says_of_a_stuck_order_that_it_is(viewer, sound):
    sound()

    assert "waits for a person: a message of it could not be handled" in text_of(viewer, "/operations/")


# --- personal data ---------------------------------------------------------------------------------------------------


# Parallels/rq-dashboard#232, HangfireIO/Hangfire#1480: whoever could see the queue saw what was in it.
def test_a_message_is_shown_without_personal_data(staff, dead_letter):
    letter = dead_letter(body=PERSONAL, error="ValueError: Jane Private", traceback="in Jane Private")
    url = f"{LETTERS}{letter.pk}/change/"

    masked = text_of(staff(LOOK), url)
    assert re.search("Jane|jane", masked) is None
    assert "•••" in masked
    whole = text_of(staff(LOOK, WHOLE, name="auditor"), url)
    assert "Jane Private" in whole
    assert "jane@example.org" in whole


def test_messages_of_the_outbox_are_masked_too(staff, outbox_message):
    message = outbox_message(key="a", body=PERSONAL.decode())

    shown = text_of(staff("messaging.view_outboxmessage"), f"/admin/messaging/outboxmessage/{message.pk}/change/")

    assert "Jane" not in shown
