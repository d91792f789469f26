"""What an import came to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from common.text import number_of
from orders.importing.grouping import RawOrder
from orders.importing.reading import RowProblem


@dataclass(frozen=True, slots=True)
class Refusal:
    """An order of which nothing was imported, and why; never without a problem."""

    raw: RawOrder
    problems: Sequence[RowProblem]

    def __str__(self) -> str:
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        return f"{self.first.row.place}: order {self.reference or '(without a reference)'}: {self.first}{more}"

    @property
    def reference(self) -> str:
        """Of the order, cut where no reference may go on."""
        return self.raw.reference[:64]

    @property
    def first(self) -> RowProblem:
        return self.problems[0]

    def as_json(self) -> dict[str, Any]:
        return {
            "reference": self.reference,
            "file": str(self.first.row.path),
            "line": self.first.row.line,
            "reason": str(self.first),
            "problems": len(self.problems),
        }


@dataclass(slots=True)
class Returns:
    """What became of the returns of files; those that are not credited are refused.

    Attributes:
        waiting: whose orders are not invoiced, or were not when the import began.
    """

    read: int = 0
    credited: int = 0
    waiting: int = 0
    credit_notes: int = 0

    def __str__(self) -> str:
        return (
            f"{self.credited} of {number_of(self.read, 'return', 'returns')} credited by "
            f"{number_of(self.credit_notes, 'credit note', 'credit notes')}, "
            f"{number_of(self.waiting, 'waits for its invoice', 'wait for invoices')}: import them again later"
        )


@dataclass(slots=True)
class Report:
    """Counts of orders and returns, except `lines` (of accepted orders), `rows` (of files) and `created_products`.

    Attributes:
        skipped: that were imported before, by their references.
        skipped_changed: of those skipped, that have other lines here than were imported.
        already_here: that are orders of other clients here, by the `order_id` of an export.
        no_sale: that were cancelled or rejected where they come from, by the `status` of an export, or of which all
            lines are cancelled.
    """

    dry_run: bool = False
    rows: int = 0
    accepted: int = 0
    lines: int = 0
    skipped: int = 0
    skipped_changed: int = 0
    already_here: int = 0
    no_sale: int = 0
    created_products: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)
    returns: Returns = field(default_factory=Returns)

    @property
    def refused(self) -> int:
        return len(self.refusals)

    @property
    def reasons(self) -> dict[str, int]:
        """How many orders were refused for what, the most frequent first."""
        return dict(Counter(refusal["reason"] for refusal in self.refusals).most_common())

    def as_json(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "rows": self.rows,
            "accepted": self.accepted,
            "lines": self.lines,
            "refused": self.refused,
            "skipped": self.skipped,
            "skipped_changed": self.skipped_changed,
            "already_here": self.already_here,
            "no_sale": self.no_sale,
            "created_products": self.created_products,
            "returns": asdict(self.returns),
            "reasons": self.reasons,
            "refusals": self.refusals,
        }

    def __str__(self) -> str:
        done = "would be " if self.dry_run else ""
        lines = number_of(self.lines, "line", "lines")
        parts = [
            f"{number_of(self.accepted, 'order', 'orders')} with {lines} {done}imported",
            f"{self.refused} refused",
            f"{self.skipped} skipped that were imported before",
        ]
        if self.skipped_changed:
            parts.append(f"{self.skipped_changed} of them with other lines here, see above")
        if self.already_here:
            parts.append(f"{self.already_here} skipped that are here, by their order_id")
        if self.no_sale:
            parts.append(f"{self.no_sale} skipped that are cancelled or rejected, by their status")
        if self.created_products:
            parts.append(f"{number_of(self.created_products, 'product', 'products')} {done}created")
        if self.returns.read:
            parts.append(str(self.returns))
        return ", ".join(parts)
