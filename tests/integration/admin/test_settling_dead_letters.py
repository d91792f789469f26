"""Dead letters: finding those that wait for a person, and replaying or discarding them."""

import re

import pytest
from django.db import OperationalError
from django.utils import timezone

from inventory.models import ReservationDecision
from messaging.dead_letters.carrying import ReplayCarrier
from messaging.events import Trace, headers_of, new_text_id, text_of_time
from messaging.models import DeadLetter

LIST = "/admin/messaging/deadletter/"
DIALOG = {"HX-Request": "true"}  # as htmx asks for one
LOOK, REPLAY, DISCARD = (f"messaging.{verb}_deadletter" for verb in ("view", "replay", "discard"))


@pytest.fixture
def settled(dead_letter):
    """A resolved dead letter."""

    def make(state: str, **values) -> DeadLetter:
        return dead_letter(state=state, resolved_at=timezone.now(), resolved_by="ann", **values)

    return make


@pytest.fixture
def sound(dead_letter, place):
    """A dead letter that can be handled by now: an order for a sku that is not in stock."""

    def make(**values) -> DeadLetter:
        order_id = str(place(MUG=1).pk)
        headers = headers_of(
            event_id=new_text_id(),
            event_type="order.placed.v1",
            topic="orders",
            subject=order_id,
            time=text_of_time(timezone.now()),
            trace=Trace(),
        )
        body = f'{{"order_id": "{order_id}", "lines": [{{"sku": "MUG", "quantity": 1}}]}}'
        texts = [[name, value.decode()] for name, value in headers]
        facts = {"key": order_id, "body": body.encode(), "headers": texts, "event_type": "order.placed.v1"}
        return dead_letter(**(facts | values))

    return make


def choose(client, action: str, *letters: DeadLetter, **entered: str):
    """Run an action of the list on these letters, from the list that shows all."""
    chosen = [letter.pk for letter in letters]
    return client.post(f"{LIST}?state=all", {"action": action, "_selected_action": chosen} | entered, follow=True)


def press(client, button: str, letter: DeadLetter, **entered: str):
    """Press a button on the page of a letter and confirm its dialog; what the next page tells."""
    response = client.post(f"{LIST}{letter.pk}/{button}/", {"_form_submitted": "true"} | entered)
    if "HX-Redirect" not in response.headers:
        return response
    return client.get(response.headers["HX-Redirect"])


def told(response) -> list[tuple[str, str]]:
    return [(message.level_tag, message.message) for message in response.context["messages"]]


def facts(letter: DeadLetter) -> tuple[str, str, str]:
    letter.refresh_from_db()
    return (letter.state, letter.resolved_by, letter.reason)


def listed(client, **parameters: str) -> list[int]:
    return [letter.pk for letter in client.get(LIST, parameters).context["cl"].result_list]


def links(panel) -> list[str]:
    """The texts of the list's first column."""
    return [re.sub("<.*?>", "", str(row[0])) for row in panel.rows]


def page(client, letter: DeadLetter) -> str:
    return client.get(f"{LIST}{letter.pk}/change/").content.decode()


# --- looking ---------------------------------------------------------------------------------------------------------


def test_the_list_shows_what_is_open_the_oldest_first_unless_one_asks_for_more(viewer, dead_letter, settled):
    replayed, failed = settled("replayed"), dead_letter()
    waiting, discarded = dead_letter(state="waiting"), settled("discarded")

    assert listed(viewer) == listed(viewer, state="nonsense") == [failed.pk, waiting.pk]
    assert listed(viewer, state="failed") == [failed.pk]
    assert listed(viewer, state="waiting") == [waiting.pk]
    assert listed(viewer, state="replayed") == [replayed.pk]
    assert listed(viewer, state="discarded") == [discarded.pk]
    assert listed(viewer, state="all") == [discarded.pk, waiting.pk, failed.pk, replayed.pk]


def test_the_list_is_filtered_by_consumer(viewer, dead_letter):
    dead_letter()
    invoicing = dead_letter(consumer="invoicing")

    assert listed(viewer, consumer="invoicing") == [invoicing.pk]


def test_what_was_settled_is_shown_with_who_did_it_and_why(viewer, settled):
    letter = settled("discarded", reason="ordered by phone")

    for html in (page(viewer, letter), viewer.get(LIST, {"state": "discarded"}).content.decode()):
        assert "discarded" in html
        assert re.search(r"\d\d:\d\d:\d\d\.\d{3}</span> UTC by ann", html)
        assert "ordered by phone" in html


def test_headers_that_are_no_text_are_shown_as_escaped_bytes(viewer, dead_letter):
    letter = dead_letter(headers=[["ce_type", "order.placed.v1"], ["odd", {"base64": "/wA8aT4="}]])

    html = page(viewer, letter)

    assert "order.placed.v1" in html
    assert "\\xff\\x00&lt;i&gt;" in html


def test_the_page_of_a_message_with_a_hundred_thousand_headers_is_as_long_as_others(viewer, dead_letter):
    """danielHalan/ServiceBusMQManager#9"""
    many = [[f"h{number}", "v"] for number in range(100_000)]
    letter = dead_letter(headers=[["ce_type", "order.placed.v1"], ["long", "a" * 1_000_000], *many])

    html = page(viewer, letter)

    assert len(html) < 300_000
    assert "order.placed.v1" in html
    assert "99,902 more" in html


def test_the_page_shows_what_a_replay_would_handle_in_its_order(viewer, dead_letter, settled):
    settled("replayed", key="a")
    first, second = dead_letter(key="a"), dead_letter(key="a", state="waiting")
    dead_letter(key="a", consumer="invoicing")

    panel = viewer.get(f"{LIST}{second.pk}/change/").context["panels"][0]

    assert links(panel) == [str(first.pk), "this one"]


def test_a_letter_without_a_key_is_in_no_sequence(viewer, dead_letter):
    dead_letter(key="")
    letter = dead_letter(key="")

    assert [panel.title for panel in viewer.get(f"{LIST}{letter.pk}/change/").context["panels"]] == ["Headers"]


# --- replaying -------------------------------------------------------------------------------------------------------


def test_replaying_selected_ones_says_how_many_were_replayed_and_how_many_failed_again(staff, sound, dead_letter):
    mended, other, broken = sound(), sound(), dead_letter()

    response = choose(staff(LOOK, REPLAY), "replay_selected", mended, other, broken)

    assert told(response) == [("warning", "2 replayed, 1 failed again.")]
    assert facts(mended) == facts(other) == ("replayed", "clerk", "")
    assert facts(broken) == ("failed", "", "")
    assert ReservationDecision.objects.count() == 2


def test_a_letter_is_replayed_on_its_page_after_a_question(staff, sound):
    clerk, letter = staff(LOOK, REPLAY), sound()

    question = clerk.get(f"{LIST}{letter.pk}/replay_this/", headers=DIALOG).content.decode()
    assert "from the first on" in question
    assert facts(letter)[0] == "failed"

    assert told(press(clerk, "replay_this", letter)) == [("success", "1 replayed.")]
    assert facts(letter) == ("replayed", "clerk", "")


def test_replaying_what_was_settled_meanwhile_does_nothing_and_says_so(staff, settled):
    letter, clerk = settled("replayed"), staff(LOOK, REPLAY)

    assert told(choose(clerk, "replay_selected", letter)) == [("success", "Nothing was left to be done.")]
    assert told(press(clerk, "replay_this", letter)) == [("success", "Nothing was left to be done.")]


# --- discarding ------------------------------------------------------------------------------------------------------


def test_discarding_selected_ones_asks_for_the_reason_first(staff, dead_letter):
    clerk, one, other = staff(LOOK, DISCARD), dead_letter(), dead_letter()

    question = choose(clerk, "discard_selected", one, other)

    assert links(question.context["panels"][0]) == [str(other.pk), str(one.pk)]
    assert not question.context["form"].errors
    assert facts(one) == ("failed", "", "")


def test_discarding_selected_ones_keeps_the_reason_and_handles_what_waited(staff, dead_letter, sound):
    failed = dead_letter(key="a")
    waiting = sound(key="a", state="waiting")

    response = choose(
        staff(LOOK, DISCARD), "discard_selected", failed, reason=" ordered by phone ", _form_submitted="true"
    )

    assert told(response) == [("success", "1 replayed, 1 discarded.")]
    assert facts(failed) == ("discarded", "clerk", "ordered by phone")
    assert facts(waiting) == ("replayed", "clerk", "")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "\x00"])
def test_nothing_is_discarded_without_a_good_reason(staff, dead_letter, reason):
    clerk, letter = staff(LOOK, DISCARD), dead_letter()

    asked_again = choose(clerk, "discard_selected", letter, reason=reason, _form_submitted="true")
    assert list(asked_again.context["form"].errors) == ["reason"]

    assert list(press(clerk, "discard_this", letter, reason=reason).context["form"].errors) == ["reason"]
    assert facts(letter) == ("failed", "", "")


def test_a_letter_is_discarded_on_its_page(staff, dead_letter):
    letter = dead_letter()

    response = press(staff(LOOK, DISCARD), "discard_this", letter, reason="ordered by phone")

    assert told(response) == [("success", "1 discarded.")]
    assert facts(letter) == ("discarded", "clerk", "ordered by phone")


def test_what_was_settled_meanwhile_is_not_discarded_and_says_so(staff, settled, dead_letter):
    letter, open_one, clerk = settled("replayed"), dead_letter(), staff(LOOK, DISCARD)
    refused = [("error", f"Nothing was done: dead letter {letter.pk} is replayed already.")]

    response = choose(clerk, "discard_selected", letter, open_one, reason="x", _form_submitted="true")
    assert told(response) == refused
    assert told(press(clerk, "discard_this", letter, reason="x")) == refused
    assert facts(open_one)[0] == "failed"


# --- who, and what may go wrong --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("permissions", "offered"),
    [([LOOK], set()), ([LOOK, REPLAY], {"replay"}), ([LOOK, DISCARD], {"discard"})],
    ids=["look", "replay", "discard"],
)
def test_each_action_takes_its_permission(staff, dead_letter, permissions, offered):
    clerk, letter = staff(*permissions), dead_letter()
    on_list, on_page = clerk.get(LIST).content.decode(), page(clerk, letter)

    for verb in ("replay", "discard"):
        assert (f"{verb}_selected" in on_list) == (f"{verb}_this" in on_page) == (verb in offered)
        if verb not in offered:
            assert press(clerk, f"{verb}_this", letter, reason="x").status_code == 403
            choose(clerk, f"{verb}_selected", letter, reason="x", _form_submitted="true")
            letter.refresh_from_db()
            assert (letter.state, letter.attempts) == ("failed", 4)


def test_the_page_of_a_settled_letter_offers_nothing(superuser, settled):
    html = page(superuser, settled("discarded"))

    assert "replay_this" not in html
    assert "discard_this" not in html


def test_a_question_alone_changes_nothing(superuser, sound):
    letter = sound()

    for button in ("replay_this", "discard_this"):
        address = f"{LIST}{letter.pk}/{button}/?reason=x&_form_submitted=true"
        assert superuser.get(address, headers=DIALOG).status_code == 200

    assert facts(letter) == ("failed", "", "")


@pytest.mark.parametrize("key", ["0", "nothing", "9" * 30, "%00", "a_2Fb"])
def test_odd_addresses_are_not_found(superuser, dead_letter, key):
    for button in ("replay_this", "discard_this"):
        assert superuser.post(f"{LIST}{key}/{button}/", {"_form_submitted": "true", "reason": "x"}).status_code == 404


def test_a_database_that_is_busy_is_a_message(superuser, sound, monkeypatch):
    def too_long(*_, **__):
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(ReplayCarrier, "carry", too_long)

    assert told(press(superuser, "replay_this", sound())) == [
        ("error", "The database is busy: try again. What was not done is open.")
    ]
