"""The admin's list of replays, and the page of one: how far it is, what failed again, and its two buttons."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin import display, register
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, ChoicesCheckboxFilter
from unfold.dataclasses import ActionDialog, UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from backoffice.dialogs import existing, leave_dialog, possible_actions
from backoffice.formatting import admin_link, badge, moment
from backoffice.model_admin import ReadOnlyAdmin
from backoffice.panels import Column, Panel
from backoffice.search import exactly
from messaging.dead_letters.admin_pages import outcome_badge
from messaging.dead_letters.admin_replaying import telling_problems
from messaging.dead_letters.progress import pace_of, where_it_is
from messaging.dead_letters.replays import go_on, stop
from messaging.models import Replay, ReplayItem

ITEMS_SHOWN = 50
State = Replay.State
COLOURS = {State.RUNNING: "info", State.WAITING: "warning", State.DONE: "success", State.STOPPED: "danger"}
_ITEM_COLUMNS = (Column("Dead letter"), Column("Outcome"), Column("Cause"), Column("At (UTC)"))


def progress(replay: Replay) -> Panel:
    rows = [
        ("Replayed", replay.replayed),
        ("Failed again", replay.failed),
        ("Wait on behind what failed", replay.held),
        ("Settled by somebody else meanwhile", replay.settled),
        ("Not tried" if replay.finished_at else "Not tried yet", replay.left),
        ("All together", replay.total),
    ]
    return Panel(
        title="Progress", columns=(Column(), Column(number=True)), rows=rows, more=where_it_is(replay), wide=True
    )


def failures(replay: Replay) -> Panel:
    """What failed again, the first ones: whoever looks for a cause begins there."""
    failed = replay.items.filter(outcome=ReplayItem.Outcome.FAILED).order_by("dead_letter")
    return _items("Failed again", failed[: ITEMS_SHOWN + 1])


def latest(replay: Replay) -> Panel:
    tried = replay.items.filter(at__isnull=False).order_by(F("at").desc(), "-dead_letter")
    return _items("The last ones", tried[: ITEMS_SHOWN + 1])


def _items(title: str, items: Any) -> Panel:
    rows = [
        (
            admin_link("messaging.deadletter", item.dead_letter),
            outcome_badge(item),
            item.cause,
            moment(item.at) if item.at else "",
        )
        for item in items
    ]
    more = "And more." if len(rows) > ITEMS_SHOWN else ""
    return Panel(title=title, columns=_ITEM_COLUMNS, rows=rows[:ITEMS_SHOWN], more=more, wide=True)


@register(Replay)
class ReplayAdmin(ReadOnlyAdmin):
    """Replays of dead letters: who ordered which, and what came of them; the newest first."""

    list_display = (
        "id",
        "coloured_state",
        "consumer",
        "chosen",
        "by",
        "started",
        "total",
        "replayed",
        "failed",
        "left",
    )
    list_filter = (("state", ChoicesCheckboxFilter), ("consumer", AllValuesCheckboxFilter))
    list_disable_select_all = True
    ordering = ("-id",)
    search_by = {"user": exactly("by")}
    fields = (("chosen", "consumer"), ("by", "coloured_state"), ("started", "finished"), "pace")
    panels = dict.fromkeys((progress, failures, latest), "messaging.view_replay")
    change_form_outer_after_template = "messaging/replay.html"
    actions_detail = ("go_on_with_this", "stop_this")

    def has_steer_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("messaging.replay_many_deadletter")

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """The page; to one that asks how far it is, that it should load again once there is something to be decided."""
        if "HX-Request" in request.headers and object_id is not None:
            replay = self.get_object(request, object_id)
            if replay is not None and replay.state != State.RUNNING:
                return HttpResponse(headers={"HX-Refresh": "true"})
        return super().changeform_view(request, object_id, *args, **kwargs)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        """What may be done with a replay in its state."""
        replay = self.get_object(request, object_id)
        state = replay.state if replay else None
        possible = {"go_on_with_this": state == State.WAITING, "stop_this": state in Replay.UNFINISHED}
        return possible_actions(super().get_actions_detail(request, object_id), possible)  # type: ignore[misc]

    @action(  # type: ignore[untyped-decorator]
        description="Go on",
        permissions=["steer"],
        variant=ActionVariant.PRIMARY,
        dialog=ActionDialog(
            title="Go on",
            description="The next step is ten times as large as the last.",
            form_class=None,
            form_submit_text="Go on",
        ),
    )
    def go_on_with_this(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self._steer(request, object_id, lambda pk: go_on(pk)[0])

    @action(  # type: ignore[untyped-decorator]
        description="Stop",
        permissions=["steer"],
        variant=ActionVariant.DANGER,
        dialog=ActionDialog(
            title="Stop",
            description="The order that it is at is finished. What it has not come to stays open.",
            form_class=None,
            form_submit_text="Stop it",
        ),
    )
    def stop_this(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self._steer(request, object_id, lambda pk: stop(pk=pk, by=request.user.get_username()))

    def _steer(self, request: HttpRequest, object_id: str, work: Callable[[int], Replay]) -> HttpResponse:
        with telling_problems(request):
            work(existing(self.get_object(request, object_id)).pk)
        return leave_dialog("messaging.replay", object_id)

    @display(description="state")
    def coloured_state(self, replay: Replay) -> SafeString:
        return badge(replay.state, COLOURS[State(replay.state)])

    @display(description="started (UTC)")
    def started(self, replay: Replay) -> SafeString:
        return moment(replay.started_at)

    @display(description="finished (UTC)")
    def finished(self, replay: Replay) -> SafeString | None:
        return moment(replay.finished_at) if replay.finished_at else None

    @display(description="pace")
    def pace(self, replay: Replay) -> str:
        return pace_of(replay)
