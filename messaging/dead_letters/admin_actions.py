"""The admin's actions on dead letters: replay, and discard with a reason."""

from collections.abc import Iterable, Mapping
from functools import partial

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.dataclasses import ActionDialog, UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from backoffice.dialogs import ask_about_selection, existing, leave_dialog
from backoffice.formatting import admin_link, order_link
from backoffice.panels import Column, Panel
from common.forms import ParsedField
from common.text import parse_text
from messaging.consuming.batches import Consumer
from messaging.dead_letters.admin_pages import DeadLetterAdmin, short_error, state_badge
from messaging.dead_letters.admin_replaying import REPLAYING, replay_and_tell, telling_problems
from messaging.dead_letters.replay import DeadLetterService
from messaging.dead_letters.selection import Choice
from messaging.models import DeadLetter

DISCARDING = "What is discarded never takes effect. What waits behind it is handled."


class DiscardForm(BaseDialogForm):  # type: ignore[misc]
    reason = ParsedField(
        parse=partial(parse_text, max_length=500),
        widget=UnfoldAdminTextInputWidget,
        help_text="Kept with what is discarded, with your name.",
    )


class SettlingAdmin(DeadLetterAdmin):
    """The pages of dead letters with the actions replay and discard.

    Attributes:
        consumers: the consumers whose handlers a replay runs; operations/admin.py, which knows all apps, sets them.
    """

    consumers: Mapping[str, Consumer] = {}

    actions = ("replay_selected", "discard_selected")
    actions_detail = ("replay_this", "discard_this")

    def has_replay_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("messaging.replay_deadletter")

    def has_discard_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("messaging.discard_deadletter")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        """The buttons of a page; none for a dead letter that is settled."""
        letter = self.get_object(request, object_id)
        if letter is None or letter.state not in DeadLetter.UNRESOLVED:
            return []
        return list(super().get_actions_detail(request, object_id))  # type: ignore[misc]

    @action(description="Replay selected", permissions=["replay"])  # type: ignore[untyped-decorator]
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        self._replay(request, queryset.values_list("pk", flat=True))

    @action(description="Discard selected", permissions=["discard"])  # type: ignore[untyped-decorator]
    def discard_selected(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> HttpResponse | None:
        """Ask for the reason, then discard."""
        form = DiscardForm(request, data=request.POST if "_form_submitted" in request.POST else None)
        if not form.is_valid():
            return _question(request, queryset, form)
        self._discard(request, form, queryset.values_list("pk", flat=True))
        return None

    @action(  # type: ignore[untyped-decorator]
        description="Replay",
        permissions=["replay"],
        variant=ActionVariant.PRIMARY,
        dialog=ActionDialog(title="Replay", description=REPLAYING, form_class=None, form_submit_text="Replay"),
    )
    def replay_this(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        self._replay(request, [self._found(request, object_id)])
        return leave_dialog("messaging.deadletter", object_id)

    @action(  # type: ignore[untyped-decorator]
        description="Discard",
        permissions=["discard"],
        variant=ActionVariant.DANGER,
        dialog=ActionDialog(
            title="Discard", description=DISCARDING, form_class=DiscardForm, form_submit_text="Discard"
        ),
    )
    def discard_this(self, request: HttpRequest, form: DiscardForm, object_id: str) -> HttpResponse:
        self._discard(request, form, [self._found(request, object_id)])
        return leave_dialog("messaging.deadletter", object_id)

    def _found(self, request: HttpRequest, object_id: str) -> int:
        return int(existing(self.get_object(request, object_id)).pk)

    def _replay(self, request: HttpRequest, ids: Iterable[int]) -> None:
        replay_and_tell(request, Choice(ids=tuple(ids)), self.consumers)

    def _discard(self, request: HttpRequest, form: DiscardForm, ids: Iterable[int]) -> None:
        """Discard in the name of this user, and show the outcome."""
        service = DeadLetterService(self.consumers, by=request.user.get_username())
        with telling_problems(request):
            outcome = service.discard(ids, reason=form.cleaned_data["reason"])
            level = messages.WARNING if outcome.failed else messages.SUCCESS
            self.message_user(request, f"{outcome}.".capitalize(), level)


def _question(request: HttpRequest, letters: Iterable[DeadLetter], form: DiscardForm) -> HttpResponse:
    rows = [
        (
            admin_link("messaging.deadletter", letter.pk),
            state_badge(letter),
            letter.consumer,
            letter.event_type,
            order_link(letter.key),
            short_error(letter),
        )
        for letter in letters
    ]
    columns = ("Dead letter", "State", "Consumer", "Event", "Order", "Error")
    return ask_about_selection(
        request,
        model=DeadLetter,
        action="discard_selected",
        selected=[letter.pk for letter in letters],
        form=form,
        title="Discard dead letters",
        description=DISCARDING,
        submit="Discard",
        variant="danger",
        back="Cancel",
        panels=[Panel(title="To be discarded", columns=[Column(name) for name in columns], rows=rows, wide=True)],
    )
