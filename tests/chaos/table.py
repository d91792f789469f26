"""What a run found, in one table."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.finding import FINDINGS, Finding
from tests.chaos.journal import Journal

EXAMPLES = 5  # findings of a kind that are named; all are in the log folder


@dataclass(frozen=True)
class Outcome:
    """A finished run. `figures`: what there was, by name; `remarks` are no broken promises."""

    seed: int
    seconds: float
    faults: Counter[str]
    journal: Journal
    figures: dict[str, int]
    findings: list[Finding]
    remarks: list[str]
    logs: Path

    @property
    def is_clean(self) -> bool:
        return not self.findings


def as_text(outcome: Outcome) -> str:
    """The table, and then examples of what is wrong."""
    rows = list(_rows(outcome))
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {value}" if name else "" for name, value in rows]
    return "\n".join([*lines, *_examples(outcome), f"logs and journal: {outcome.logs}"])


def _rows(outcome: Outcome) -> Iterator[tuple[str, str]]:
    yield "seed", str(outcome.seed)
    yield "minutes", f"{outcome.seconds / 60:.1f}"
    yield "faults", str(outcome.faults.total())
    for kind, count in sorted(outcome.faults.items()):
        yield f"  {kind}", str(count)
    yield "", ""
    answers = outcome.journal.statuses
    yield "answers", ", ".join(f"{status or 'none'} {n}" for status, n in sorted(answers.items()))
    known = outcome.journal.outcomes()
    yield "orders asked for", str(known.total())
    for name in ("accepted", "refused", "unknown"):
        yield f"  {name}", str(known[name])
    for kind, steps in outcome.journal.steps_by_kind().items():
        yield kind, ", ".join(f"{what} {n}" for what, n in sorted(steps.items()))
    refusals = Counter(refusal.problem for step in outcome.journal.steps for refusal in step.refusals)
    for problem, count in sorted(refusals.items()):
        yield f"  {problem}", str(count)
    for name, value in outcome.figures.items():
        yield name, str(value)
    yield "", ""
    found = Counter(finding.kind for finding in outcome.findings)
    for kind in (*FINDINGS, "audit"):
        yield kind, str(found[kind])
    yield "remarks", str(len(outcome.remarks))


def _examples(outcome: Outcome) -> Iterator[str]:
    shown: Counter[str] = Counter()
    for finding in outcome.findings:
        shown[finding.kind] += 1
        if shown[finding.kind] <= EXAMPLES:
            yield f"{finding.kind}: {finding.id}: {finding.detail}"
    yield from (f"remark: {remark}" for remark in outcome.remarks)
