"""By what a step in the life of an order came about, as its timeline keeps it."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import TextChoices


@dataclass(frozen=True, slots=True)
class Cause:
    """An event by its id, a person or a client of the API by the user name, a command by its name; unknown if empty."""

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
