"""Replaying from a page: what takes a moment is done in the request, and consumers go on with the rest."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.contrib import messages
from django.db import Error
from django.http import HttpRequest
from django.utils.html import format_html

from backoffice.formatting import admin_link
from common.postgres import is_unavailable
from messaging.consuming.batches import Consumer
from messaging.dead_letters.carrying import ReplayCarrier
from messaging.dead_letters.progress import ReplayProgress
from messaging.dead_letters.replays import order_replays
from messaging.dead_letters.selection import Choice
from messaging.exceptions import MessagingError
from messaging.models import Replay

REPLAYING = "Each is handled again, with all open dead letters of its order for the same consumer, from the first on."
MOMENT = 2.0  # seconds that a request replays for


@contextmanager
def telling_problems(request: HttpRequest) -> Iterator[None]:
    """Show as a message why something could not be done."""
    try:
        yield
    except MessagingError as error:
        messages.error(request, f"Nothing was done: {error}.")
    except Error as error:  # a lock that somebody holds for long, a database that goes down
        if not is_unavailable(error):
            raise
        messages.error(request, "The database is busy: try again. What was not done is open.")


def replay_and_tell(request: HttpRequest, choice: Choice, consumers: Mapping[str, Consumer]) -> None:
    """Replay what was chosen in the name of this user, and show what came of it."""
    with telling_problems(request):
        replays = order_replays(choice=choice, consumers=consumers, by=request.user.get_username())
        carrier = ReplayCarrier(consumers)
        for replay in replays:
            carrier.carry(replay.pk, seconds=MOMENT / len(replays))
            replay.refresh_from_db()
        _tell(request, replays)


def _tell(request: HttpRequest, replays: Sequence[Replay]) -> None:
    done = ReplayProgress.of(replays)
    level = messages.WARNING if done.failed else messages.SUCCESS
    messages.add_message(request, level, f"{done}.".capitalize())
    for replay in replays:
        if replay.state in Replay.UNFINISHED:
            link = admin_link("messaging.replay", replay.pk, f"replay {replay.pk}")
            messages.info(request, format_html("The consumers go on with the rest: {}.", link))
