"""The page on which a person replays many dead letters at once: all of a cause, or all."""

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldBooleanWidget

from api.form_pages import PageForm, form_page
from backoffice.panels import Column, Panel
from common.forms import WholeNumberField
from messaging.dead_letters.rehearsal import Rehearsal, rehearse
from messaging.dead_letters.replays import MOST_PER_SECOND, ReplayPace, order_replays
from messaging.dead_letters.selection import Cause, Choice, causes
from messaging.models import DeadLetter
from operations.exceptions import NothingToReplay
from operations.pipeline import CONSUMERS

CAUSES_LISTED = 100
DRY_RUN_SECONDS = 2.0
ALL = "all"


def _key(cause: Cause) -> str:
    return f"{cause.consumer}:{cause.name}"


class ReplayManyForm(PageForm):
    title = "Replay many dead letters"
    submit = "Replay"
    description = (
        "Each is handled again, with all open dead letters of its order, from the first on. The consumers do it beside "
        "live events, also when this page is closed or a process is restarted. The list of replays says how far it is."
    )

    what = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    stepped = forms.BooleanField(
        label="In steps",
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget,
        help_text="Wait for a person after 1 order, then after 10 more, 100 more, and so on.",
    )
    per_second = WholeNumberField(
        label="Events a second",
        required=False,
        min_value=1,
        max_value=MOST_PER_SECOND,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="At most so many. Empty: as many as the consumers can.",
    )
    stop_at_failure = forms.BooleanField(
        label="Stop at a failure",
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget,
        help_text="Stop at the first one that fails again.",
    )
    dry_run = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanWidget,
        help_text="Only try it: handle the first ones, tell what came of it, and undo everything.",
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, listed: Sequence[Cause], initial: MutableMapping[str, Any]
    ) -> None:
        super().__init__(data, initial=initial)
        self._by_key = {_key(cause): cause for cause in listed}
        names = [(key, f"{one.count} × {one.consumer}: {one.name}") for key, one in self._by_key.items()]
        what: Any = self.fields["what"]
        what.choices = [*names, (ALL, "all that are open")]

    @property
    def choice(self) -> Choice:
        """What was chosen, of a valid form."""
        cause = self._by_key.get(self.cleaned_data["what"])
        return Choice(consumer=cause.consumer, cause=cause.name) if cause else Choice()

    def where_it_shows(self) -> str:
        return reverse("admin:messaging_replay_changelist")

    def carry_out(self, request: HttpRequest) -> str:
        entered = self.cleaned_data
        pace = ReplayPace(
            stepped=entered["stepped"],
            per_second=entered["per_second"],
            stop_at_failure=entered["stop_at_failure"],
        )
        by = request.user.get_username()
        replays = order_replays(choice=self.choice, consumers=CONSUMERS, by=by, pace=pace)
        if not replays:
            raise NothingToReplay
        return f"Ordered: {sum(replay.total for replay in replays)} dead letters are replayed from now on."


def replay_many_page(request: HttpRequest) -> HttpResponse:
    """The form; with "dry run" what would come of it, below the form."""
    listed = causes(limit=CAUSES_LISTED)
    chosen = f"{request.GET.get('consumer', '')}:{request.GET.get('cause', '')}"
    form = ReplayManyForm(request.POST or None, listed=listed, initial={"what": chosen})
    panels = []
    if form.is_valid() and form.cleaned_data["dry_run"]:
        panels = [_tried(rehearse(choice=form.choice, consumers=CONSUMERS, seconds=DRY_RUN_SECONDS))]
        form = ReplayManyForm(None, listed=listed, initial=form.cleaned_data | {"dry_run": False})
    back = reverse("admin:messaging_deadletter_changelist")
    return form_page(request, form, model=DeadLetter, back=back, panels=panels)


def _tried(rehearsal: Rehearsal) -> Panel:
    rows = [
        ("Orders that were tried", f"{rehearsal.tried} of {rehearsal.keys}"),
        ("Dead letters that would be replayed", rehearsal.replayed),
        *((f"Would fail again: {cause}", count) for cause, count in rehearsal.causes.most_common()),
        ("Would wait on behind those", rehearsal.held),
    ]
    more = "Nothing of it stays. Each order was tried by itself: two that ask for the last unit would both get it here."
    return Panel(title="Dry run", columns=(Column(), Column(number=True)), rows=rows, more=more, wide=True)
