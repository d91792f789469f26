"""The result of an audit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.printing import printable
from common.text import number_of
from common.timestamps import utc_text


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation of a check's promise: `id` is that of an order or an invoice, a sku, or as the check defines it."""

    check: str
    id: str
    detail: str

    def __str__(self) -> str:
        """The violation in one line; id and detail are escaped, because they may have texts of clients."""
        return f"{self.check}: {printable(self.id)}: {printable(self.detail)}"


class Audit:
    """`checks` has the number of violations of each; `violations` the first few of each; `pending` counts by name.

    `judged_since` says for each kind of evidence that is deleted one day since when the audit could judge by it; None
    if nothing of it was ever pruned.
    """

    def __init__(self, *, orders: int, checks: Sequence[str]) -> None:
        self.orders = orders
        self.checks = dict.fromkeys(checks, 0)
        self.pending: dict[str, int] = {}
        self.judged_since: dict[str, datetime | None] = {}
        self._examples: dict[str, list[Violation]] = {name: [] for name in checks}

    def add(self, check: str, count: int, examples: Sequence[Violation], *, most: int) -> None:
        """Add the violations of a range; at most `most` examples of a check are kept."""
        self.checks[check] += count
        kept = self._examples[check]
        kept += examples[: most - len(kept)]

    @property
    def violations(self) -> list[Violation]:
        return [violation for examples in self._examples.values() for violation in examples]

    @property
    def broken(self) -> list[str]:
        """The checks with violations."""
        return [name for name, count in self.checks.items() if count]

    def as_json(self) -> dict[str, Any]:
        return {
            "orders": self.orders,
            "checks": {name: count or "ok" for name, count in self.checks.items()},
            "violations": [
                {"check": violation.check, "id": violation.id, "detail": violation.detail}
                for violation in self.violations
            ],
            "pending": self.pending,
        }

    def __str__(self) -> str:
        width = max(map(len, self.checks))
        lines = [f"{name:<{width}}  {count or 'ok'}" for name, count in self.checks.items()]
        lines += map(str, self.violations)
        since = (f"{name} {_time(at)}" for name, at in self.judged_since.items())
        lines.append(f"judged since: {', '.join(since)}")
        lines.append("pending: " + ", ".join(f"{count} {name}" for name, count in self.pending.items()))
        orders = number_of(self.orders, "order", "orders")
        lines.append(f"{orders}, {len(self.checks)} checks, {len(self.broken)} broken")
        return "\n".join(lines)


def _time(at: datetime | None) -> str:
    return f"{utc_text(at, timespec='seconds')}Z" if at else "the beginning"
