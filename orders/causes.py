"""The causes of steps in the life of an order, as its timeline keeps them."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import TextChoices


@dataclass(frozen=True, slots=True)
class Cause:
    """What caused a step: an event (by its id), a user (a person or an API client) or a command; unknown if empty."""

    class Kind(TextChoices):
        EVENT = "event"
        USER = "user"
        COMMAND = "command"

    kind: str = ""
    id: str = ""


UNKNOWN = Cause()


def by_event(event_id: UUID | None) -> Cause:
    return Cause(Cause.Kind.EVENT, str(event_id)) if event_id else UNKNOWN


def by_user(name: str) -> Cause:
    return Cause(Cause.Kind.USER, name)


def by_command(name: str) -> Cause:
    return Cause(Cause.Kind.COMMAND, name)
