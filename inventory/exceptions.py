"""What the inventory rejects, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.errors import Conflict, FieldError, NotFound


class UnknownSku(NotFound):
    """There is no stock item of this sku."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"there is no stock item {sku}")
        self.sku = sku


@dataclass(frozen=True, slots=True)
class RefusedLevel:
    """Units on hand that a sku can't have."""

    sku: str
    on_hand: int
    reserved: int

    def __str__(self) -> str:
        if self.on_hand < self.reserved:
            return f"{self.sku} can't have {self.on_hand} on hand: {self.reserved} are reserved"
        return f"{self.sku} can't have {self.on_hand} on hand: that is too many"


class OnHandRefused(Conflict):
    """Units on hand would fall below those that are reserved, or rise beyond what can be counted."""

    title = "Units on hand refused"

    def __init__(self, levels: Sequence[RefusedLevel]) -> None:
        super().__init__("; ".join(map(str, levels)))
        self.levels = levels
        self.errors = [FieldError("/quantity", str(level)) for level in levels]
