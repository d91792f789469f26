"""What an audit found."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that breaks the promise of a check: `id` is an order's, an invoice's, a sku, or what the check says."""

    check: str
    id: str
    detail: str


@dataclass(slots=True)
class Audit:
    """`checks` has the number of violations of each; `violations` the first few of each; `pending` counts by name."""

    orders: int
    checks: dict[str, int] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    pending: dict[str, int] = field(default_factory=dict)

    def add(self, check: str, count: int, examples: Sequence[Violation]) -> None:
        self.checks[check] = count
        self.violations += examples

    @property
    def broken(self) -> list[str]:
        """The checks that found something."""
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
        lines += [f"{violation.check}: {violation.id}: {violation.detail}" for violation in self.violations]
        lines.append("pending: " + ", ".join(f"{count} {name}" for name, count in self.pending.items()))
        lines.append(f"{self.orders} orders, {len(self.checks)} checks, {len(self.broken)} broken")
        return "\n".join(lines)
