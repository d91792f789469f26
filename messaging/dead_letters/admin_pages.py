"""The admin's list and pages of dead letters, without actions (see admin_actions.py)."""

from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, RadioFilter

from backoffice.formatting import admin_link, badge, body_text, moment, order_link, preformatted
from backoffice.model_admin import ReadOnlyAdmin
from backoffice.panels import Column, Panel
from backoffice.search import exactly
from messaging.consuming.dead_letters import record_of
from messaging.models import DeadLetter

SEQUENCE_LENGTH = 20  # dead letters in the panel
State = DeadLetter.State
COLOURS = {
    State.FAILED: "danger",
    State.WAITING: "warning",
    State.DEFERRED: "info",
    State.REPLAYED: "success",
    State.DISCARDED: "",
}


def state_badge(letter: DeadLetter) -> SafeString:
    return badge(letter.state, COLOURS[State(letter.state)])


class StateFilter(RadioFilter):  # type: ignore[misc]
    """Those that wait for a person, unless one asks for others."""

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


def headers(letter: DeadLetter) -> Panel:
    rows = [(name, body_text(value)) for name, value in record_of(letter).headers]
    return Panel(title="Headers", columns=(Column("Name"), Column("Value")), rows=rows, wide=True)


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


def _shows_settled(request: HttpRequest) -> bool:
    return request.GET.get("state") in (State.REPLAYED, State.DISCARDED, "all")


class DeadLetterAdmin(ReadOnlyAdmin):
    """Messages that a consumer gave up on, whole and with the reason, and what a person did about them."""

    list_filter = (StateFilter, ("consumer", AllValuesCheckboxFilter))
    list_defer = ("headers", "body", "traceback")
    list_disable_select_all = True
    search_by = {"order id": exactly("key"), "event type": exactly("event_type")}
    fields = (
        ("consumer", "event_type"),
        ("coloured_state", "attempts"),
        ("position", "order"),
        ("created_at", "resolved"),
        "reason",
        "error",
        "readable_body",
        "readable_traceback",
    )
    panels = {sequence: "messaging.view_deadletter", headers: "messaging.view_deadletter"}

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        facts = (
            ("reason_or_error", "resolved") if _shows_settled(request) else ("short_error", "attempts", "created_at")
        )
        return ("id", "coloured_state", "consumer", "event_type", "order", *facts)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What is open as it is to be handled; what is settled newest first."""
        return ("-id",) if _shows_settled(request) else ("id",)

    @display(description="state")
    def coloured_state(self, letter: DeadLetter) -> SafeString:
        return state_badge(letter)

    @display(description="resolved")
    def resolved(self, letter: DeadLetter) -> SafeString | None:
        if letter.resolved_at is None:
            return None
        return format_html("{} by {}", moment(letter.resolved_at), letter.resolved_by)

    @display(description="topic, partition, offset")
    def position(self, letter: DeadLetter) -> str:
        return f"{letter.topic}, {letter.partition}, {letter.offset}"

    @display(description="order")
    def order(self, letter: DeadLetter) -> str:
        return order_link(letter.key)

    @display(description="error")
    def short_error(self, letter: DeadLetter) -> str:
        return letter.error[:120]

    @display(description="reason or error")
    def reason_or_error(self, letter: DeadLetter) -> str:
        return letter.reason or letter.error[:120]

    @display(description="body")
    def readable_body(self, letter: DeadLetter) -> SafeString:
        return body_text(letter.body)

    @display(description="traceback")
    def readable_traceback(self, letter: DeadLetter) -> SafeString:
        return preformatted(letter.traceback)
