"""What clients asked for, and every answer that they got: the truth that the system is held to."""

from collections import Counter
from dataclasses import dataclass, field

Lines = tuple[tuple[str, int], ...]  # sku and quantity, as sent


@dataclass
class RequestedOrder:
    """One order that a client asked for, perhaps several times with the same key, under a reference of its own."""

    reference: str
    lines: Lines
    key: str = ""  # the Idempotency-Key of the request, which may have asked for other orders too
    ids: list[str] = field(default_factory=list)  # one for each answer that accepted it
    refusals: list[int] = field(default_factory=list)  # the status of each answer that refused it for good
    not_found: int = 0  # how often it was not there after it had been accepted

    @property
    def outcome(self) -> str:
        """What the client knows of it."""
        return "accepted" if self.ids else "refused" if self.refusals else "unknown"


@dataclass
class Journal:
    """All clients write into it; each touches only the orders that it asked for."""

    requested: list[RequestedOrder] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)  # of all answers; 0: there was none

    def outcomes(self) -> Counter[str]:
        return Counter(order.outcome for order in self.requested)
