"""Dead letters as text for a terminal."""

import json

from common.masking import masked_body, masked_text
from common.printing import printable
from messaging.dead_letters.progress import ReplayProgress
from messaging.exceptions import UnknownDeadLetter
from messaging.models import DeadLetter, Replay, ReplayItem

REPLAYS_LISTED = 100


def table(*, everything: bool) -> str:
    """Dead letters, one on each line, oldest first; `everything` includes those that were replayed or discarded."""
    letters = DeadLetter.objects.order_by("pk").defer("body", "headers", "traceback")
    if not everything:
        letters = letters.filter(state__in=DeadLetter.UNRESOLVED)
    lines = [
        f"{letter.pk:>8}  {letter.state:<9}  {letter.consumer:<10}  {printable(letter.event_type) or '?':<20}  "
        f"{printable(letter.key) or '-':<36}  {printable(masked_text(letter.error.partition(chr(10))[0])[:80])}"
        for letter in letters
    ]
    return "\n".join(lines) or "there are no dead letters"


def details(pk: int, *, whole: bool) -> str:
    """All fields of one dead letter; what is personal in its message only with `whole`.

    Raises:
        UnknownDeadLetter: there is none of this id.
    """
    letter = DeadLetter.objects.filter(pk=pk).first()
    if letter is None:
        raise UnknownDeadLetter(f"there is no dead letter {pk}")
    shown = _Shown(letter, whole=whole)
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
        "headers": shown.text(json.dumps(letter.headers)),
        "body": shown.body,
        "error": shown.text(letter.error) or "-",
    }
    lines = [f"{name + ':':<10} {printable(str(value))}" for name, value in facts.items()]
    return "\n".join([*lines, *_tries(letter), shown.text(letter.traceback)])


def replays() -> str:
    """Replays, one on each line, the newest first."""
    lines = [
        f"{replay.pk:>8}  {replay.state:<8}  {replay.consumer:<10}  {replay.started_at:%Y-%m-%dT%H:%M:%SZ}  "
        f"{printable(replay.by):<12}  {printable(replay.chosen)}: {ReplayProgress.of([replay])}"
        for replay in Replay.objects.order_by("-pk")[:REPLAYS_LISTED]
    ]
    return "\n".join(lines) or "nothing was replayed"


def _tries(letter: DeadLetter) -> list[str]:
    items = ReplayItem.objects.filter(dead_letter=letter.pk).select_related("replay").order_by("pk")
    return [
        f"{'replay:':<10} {item.replay_id} of {item.replay.started_at:%Y-%m-%dT%H:%M:%SZ} by "
        f"{printable(item.replay.by)}: {item.outcome}{f', {printable(item.cause)}' if item.cause else ''}"
        for item in items
    ]


class _Shown:
    """What is shown of a dead letter's texts."""

    def __init__(self, letter: DeadLetter, *, whole: bool) -> None:
        self._letter, self._whole = letter, whole

    @property
    def body(self) -> str:
        raw = bytes(self._letter.body)
        return raw.decode(errors="backslashreplace") if self._whole else masked_body(raw)

    def text(self, text: str) -> str:
        return text if self._whole else masked_text(text, of=self._letter.body)
