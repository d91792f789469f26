"""What clients asked for, and every answer that they got: the truth that the system is held to."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Lines = tuple[tuple[str, int], ...]  # sku and quantity, as sent
KINDS = ("cancel", "fulfil", "credit", "receipt", "adjustment", "stock-take", "price")  # of steps


@dataclass
class RequestedOrder:
    """One order that a client asked for, perhaps several times with the same key, under a reference of its own."""

    reference: str
    lines: Lines
    key: str = ""  # the Idempotency-Key of the request, which may have asked for other orders too
    may_wait: bool = False
    ids: list[str] = field(default_factory=list)  # one for each answer that accepted it
    refusals: list[int] = field(default_factory=list)  # the status of each answer that refused it for good
    not_found: int = 0  # how often it was not there after it had been accepted

    @property
    def outcome(self) -> str:
        """What the client knows of it."""
        return "accepted" if self.ids else "refused" if self.refusals else "unknown"


@dataclass(frozen=True)
class Refusal:
    """An answer that something can't be done: the status, the last word of the problem's type, and its detail.

    `in_doubt`: an earlier try was not answered. It may be under way still, and succeed where this one did not.
    """

    status: int
    problem: str
    detail: str
    in_doubt: bool


@dataclass
class RequestedStep:
    """Something that staff wanted done with an order, an invoice or stock, under a name that is stored with it.

    Attributes:
        name: the Idempotency-Key, and the reason, tracking or document; of a price the price itself.
        kind: one of KINDS.
        about: an order's id, an invoice's number or a sku.
        wanted: units by the number of a line; of stock, units by sku; empty: all that is left.
        impossible: it has to be refused whatever the state of things is.
        answers: what was answered when it had been done, each time.
    """

    name: str
    kind: str
    about: str
    wanted: Mapping[Any, int] = field(default_factory=dict)
    restock: bool = False
    impossible: bool = False
    tries: int = 0
    answers: list[Any] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """What staff knows of it."""
        if self.answers:
            return "done"
        return "refused" if self.refusals and not any(each.in_doubt for each in self.refusals) else "unknown"


@dataclass(frozen=True)
class Sighting:
    """An answer that said what an order was; times are those of one clock, in seconds."""

    order_id: str
    asked: float
    answered: float
    status: str


@dataclass
class Journal:
    """All clients write into it; each touches only what it asked for."""

    requested: list[RequestedOrder] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)  # of all answers; 0: there was none
    steps: list[RequestedStep] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    accepted: deque[tuple[str, Lines]] = field(default_factory=lambda: deque(maxlen=2000))  # for staff to work on

    def outcomes(self) -> Counter[str]:
        return Counter(order.outcome for order in self.requested)

    def steps_by_kind(self) -> Mapping[str, Counter[str]]:
        """How many steps of each kind came to what."""
        return {kind: Counter(step.outcome for step in self.steps if step.kind == kind) for kind in KINDS}
