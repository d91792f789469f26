"""The admin's list and pages of dead letters, without actions (see admin_actions.py)."""

from typing import Any

from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RadioFilter

from backoffice.formatting import (
    admin_link,
    badge,
    body_text,
    moment,
    named_moment,
    preformatted,
    short_order_link,
)
from backoffice.model_admin import ReadOnlyAdmin
from backoffice.panels import Column, Panel
from backoffice.search import exactly
from common.masking import UNMASK, masked_body, masked_text
from common.text import shorten
from messaging.consuming.dead_letters import record_of
from messaging.dead_letters.selection import CAUSE, names_of_causes
from messaging.models import DeadLetter, ReplayItem

SEQUENCE_LENGTH = 20  # dead letters in the panel
CAUSES_LISTED = 20
HEADERS_SHOWN = 100
HEADER_LENGTH = 1000  # characters that are shown of a name or a value
State = DeadLetter.State
COLOURS = {
    State.FAILED: "danger",
    State.WAITING: "warning",
    State.DEFERRED: "info",
    State.REPLAYED: "success",
    State.DISCARDED: "",
}


OUTCOMES = {
    ReplayItem.Outcome.PENDING: ("not tried", ""),
    ReplayItem.Outcome.REPLAYED: ("replayed", "success"),
    ReplayItem.Outcome.FAILED: ("failed again", "danger"),
    ReplayItem.Outcome.HELD: ("waits on", "warning"),
    ReplayItem.Outcome.SETTLED: ("by somebody else", "info"),
}


def outcome_badge(item: ReplayItem) -> SafeString:
    return badge(*OUTCOMES[ReplayItem.Outcome(item.outcome)])


def state_badge(letter: DeadLetter) -> SafeString:
    return badge(letter.state, COLOURS[State(letter.state)])


class StateFilter(RadioFilter):  # type: ignore[misc]
    """A filter by state: shows the dead letters that wait for a person, unless one asks for others."""

    title = "state"
    parameter_name = "state"
    all_option = ("", "open: failed or waiting")

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [*((state.value, state.value) for state in State), ("all", "all")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> QuerySet[DeadLetter]:
        chosen = self.value()
        if chosen == "all":
            return queryset
        return queryset.filter(state__in=[chosen] if chosen in State.values else DeadLetter.OPEN)


class CauseFilter(RadioFilter):  # type: ignore[misc]
    """A filter by cause, the type of the error that a dead letter failed with."""

    title = "cause"
    parameter_name = "cause"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        names = dict.fromkeys([*names_of_causes(limit=CAUSES_LISTED), self.value() or ""])
        return [(name, name) for name in names if name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> QuerySet[DeadLetter]:
        return queryset.annotate(cause=CAUSE).filter(cause=self.value()) if self.value() else queryset


class ConsumerFilter(RadioFilter):  # type: ignore[misc]
    """A filter by consumer, of those that there are: to ask the table which it names would read it as a whole."""

    title = "consumer"
    parameter_name = "consumer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in sorted({*model_admin.consumers, self.value() or ""}) if name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> QuerySet[DeadLetter]:
        return queryset.filter(consumer=self.value()) if self.value() else queryset


def tries(letter: DeadLetter) -> Panel | None:
    """The replays that came to a letter, the latest first; None if none did."""
    items = ReplayItem.objects.filter(dead_letter=letter.pk).select_related("replay").order_by("-pk")[:SEQUENCE_LENGTH]
    rows = [
        (
            admin_link("messaging.replay", item.replay_id, item.replay),
            item.replay.by,
            moment(item.at) if item.at else "",
            outcome_badge(item),
            item.cause,
        )
        for item in items
    ]
    columns = (Column("Replay"), Column("By"), Column("At (UTC)"), Column("Outcome"), Column("Cause"))
    return Panel(title="Replays", columns=columns, rows=rows, wide=True) if rows else None


def headers(letter: DeadLetter) -> Panel:
    """The first headers, and the beginning of each: a message of 4 MB may have a hundred thousand."""
    found = record_of(letter).headers
    rows = [
        (shorten(name, HEADER_LENGTH), body_text(shorten(masked_text(text_of(value)), HEADER_LENGTH)))
        for name, value in found[:HEADERS_SHOWN]
    ]
    more = f"And {len(found) - len(rows):,} more: `manage.py dead_letters show` has all." if found[len(rows) :] else ""
    return Panel(title="Headers", columns=(Column("Name"), Column("Value")), rows=rows, more=more, wide=True)


def sequence(letter: DeadLetter) -> Panel | None:
    """The open dead letters of the same key, in the order in which a replay handles them; None for one that is resolved
    or has no key."""
    if letter.state not in DeadLetter.UNRESOLVED or not letter.key:
        return None
    letters = DeadLetter.objects.filter(consumer=letter.consumer, key=letter.key, state__in=DeadLetter.UNRESOLVED)
    first = letters.only("state", "event_type", "created_at").order_by("pk")[: SEQUENCE_LENGTH + 1]
    rows = [
        (
            "this one" if one.pk == letter.pk else admin_link("messaging.deadletter", one.pk),
            state_badge(one),
            one.event_type or "unknown",
            moment(one.created_at),
        )
        for one in first
    ]
    return Panel(
        title="Open in its sequence, first to last",
        columns=(Column("Dead letter"), Column("State"), Column("Event"), Column("Since (UTC)")),
        rows=rows[:SEQUENCE_LENGTH],
        more="And more." if len(rows) > SEQUENCE_LENGTH else "",
        wide=True,
    )


def short_error(letter: DeadLetter) -> str:
    """The beginning of an error as lists show it, whoever looks: it may name what is personal in a message."""
    return masked_text(letter.error)[:120]


def text_of(value: bytes) -> str:
    return value.decode(errors="backslashreplace")


def _shows_settled(request: HttpRequest) -> bool:
    return request.GET.get("state") in (State.REPLAYED, State.DISCARDED, "all")


class DeadLetterAdmin(ReadOnlyAdmin):
    """Messages that a consumer gave up on, whole and with the reason, and what a person did about them."""

    list_filter = (StateFilter, CauseFilter, ConsumerFilter)
    list_defer = ("headers", "body", "traceback")
    list_disable_select_all = True
    search_by = {"order id": exactly("key"), "event type": exactly("event_type")}
    fields = (
        ("consumer", "event_type"),
        ("coloured_state", "attempts"),
        ("position", "order"),
        ("created_at", "resolved"),
        "reason",
    )
    panels = {
        sequence: "messaging.view_deadletter",
        tries: "messaging.view_replay",
        headers: "messaging.view_deadletter",
    }

    def get_fields(self, request: HttpRequest, obj: DeadLetter | None = None) -> Any:
        """The message and its error, whole for who may see personal data."""
        whole = request.user.has_perm(UNMASK)
        message = ("error", "body_as_it_is", "traceback_as_it_is")
        return (*self.fields, *(message if whole else ("masked_error", "masked_body", "masked_traceback")))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        facts = ("reason_or_error", "resolved") if _shows_settled(request) else ("short_error", "created_at")
        return ("id", "coloured_state", "consumer", "event_type", "order", *facts)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The order of the list: what is open as it is to be handled, what is settled newest first."""
        return ("-id",) if _shows_settled(request) else ("id",)

    @display(description="state")
    def coloured_state(self, letter: DeadLetter) -> SafeString:
        return state_badge(letter)

    @display(description="resolved")
    def resolved(self, letter: DeadLetter) -> SafeString | None:
        if letter.resolved_at is None:
            return None
        return format_html("{} by {}", named_moment(letter.resolved_at), letter.resolved_by)

    @display(description="topic, partition, offset")
    def position(self, letter: DeadLetter) -> str:
        return f"{letter.topic}, {letter.partition}, {letter.offset}"

    @display(description="order")
    def order(self, letter: DeadLetter) -> str:
        return short_order_link(letter.key)

    @display(description="error")
    def short_error(self, letter: DeadLetter) -> str:
        return short_error(letter)

    @display(description="reason or error")
    def reason_or_error(self, letter: DeadLetter) -> str:
        return letter.reason or short_error(letter)

    @display(description="body")
    def body_as_it_is(self, letter: DeadLetter) -> SafeString:
        return body_text(letter.body)

    @display(description="traceback")
    def traceback_as_it_is(self, letter: DeadLetter) -> SafeString:
        return preformatted(letter.traceback)

    @display(description="error")
    def masked_error(self, letter: DeadLetter) -> str:
        return masked_text(letter.error, of=letter.body)

    @display(description="body, without personal data")
    def masked_body(self, letter: DeadLetter) -> SafeString:
        return body_text(masked_body(letter.body))

    @display(description="traceback, without personal data")
    def masked_traceback(self, letter: DeadLetter) -> SafeString:
        return preformatted(masked_text(letter.traceback, of=letter.body))
