"""The kinds of broken promises, and one of them."""

from dataclasses import dataclass

# In the order in which they are reported.
FINDINGS = (
    "lost",
    "doubled",
    "altered",
    "invented",
    "untrue",  # a refusal whose reason does not hold
    "went back",
    "oversold",
    "rejected without need",
    "misinvoiced",
    "stuck",
    "unpublished",
    "out of order",
    "answered 500",
)


@dataclass(frozen=True)
class Finding:
    """A broken promise: one of FINDINGS, what it is about, and what is wrong."""

    kind: str
    id: str
    detail: str
