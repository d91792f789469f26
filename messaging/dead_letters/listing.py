"""Dead letters as text for a terminal."""

import json

from common.printing import printable
from messaging.exceptions import UnknownDeadLetter
from messaging.models import DeadLetter


def open_ids() -> list[int]:
    return list(DeadLetter.objects.filter(state__in=DeadLetter.OPEN).order_by("pk").values_list("pk", flat=True))


def table(*, everything: bool) -> str:
    """Dead letters, one on each line, oldest first; `everything` includes those that were replayed or discarded."""
    letters = DeadLetter.objects.order_by("pk").defer("body", "headers", "traceback")
    if not everything:
        letters = letters.filter(state__in=DeadLetter.UNRESOLVED)
    lines = [
        f"{letter.pk:>8}  {letter.state:<9}  {letter.consumer:<10}  {printable(letter.event_type) or '?':<20}  "
        f"{printable(letter.key) or '-':<36}  {printable(letter.error.partition(chr(10))[0][:80])}"
        for letter in letters
    ]
    return "\n".join(lines) or "there are no dead letters"


def details(pk: int) -> str:
    """All fields of one dead letter.

    Raises:
        UnknownDeadLetter: there is none of this id.
    """
    letter = DeadLetter.objects.filter(pk=pk).first()
    if letter is None:
        raise UnknownDeadLetter(f"there is no dead letter {pk}")
    facts = {
        "id": letter.pk,
        "state": letter.state,
        "consumer": letter.consumer,
        "from": f"{letter.topic}, partition {letter.partition}, offset {letter.offset}",
        "order": letter.key or "-",
        "type": letter.event_type or "?",
        "since": letter.created_at.isoformat(),
        "attempts": letter.attempts,
        "resolved": f"{letter.resolved_at.isoformat()} by {letter.resolved_by}" if letter.resolved_at else "-",
        "reason": letter.reason or "-",
        "headers": json.dumps(letter.headers),
        "body": bytes(letter.body).decode(errors="backslashreplace"),
        "error": letter.error or "-",
    }
    lines = [f"{name + ':':<10} {printable(str(value))}" for name, value in facts.items()]
    return "\n".join([*lines, letter.traceback])
