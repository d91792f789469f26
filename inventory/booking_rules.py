"""What goes together in a movement that a person books: over HTTP, in a file or in the admin. No database here."""

from collections.abc import Iterator
from decimal import Decimal

DECREASES = ("damaged", "expired", "lost")  # reasons that only take units away
INCREASES = ("found",)  # reasons that only add some


def problems_of(
    *, kind: str, quantity: int, reason: str | None, unit_cost: Decimal | None, currency: str | None
) -> Iterator[tuple[str, str]]:
    """The fields of a receipt or an adjustment that do not go with the others, and why; each well formed by itself."""
    yield from _of_receipt(quantity, reason) if kind == "receipt" else _of_adjustment(quantity, reason)
    if kind != "receipt" and unit_cost is not None:
        yield "unit_cost", "is of a receipt: an adjustment has none"
    if unit_cost is not None and currency is None:
        yield "currency", "is missing: a cost has one"
    if currency is not None and unit_cost is None:
        yield "unit_cost", "is missing: there is a currency"


def _of_receipt(quantity: int, reason: str | None) -> Iterator[tuple[str, str]]:
    if quantity < 1:
        yield "quantity", "of a receipt must be 1 or more"
    if reason:
        yield "reason", "is of an adjustment: a receipt has none"


def _of_adjustment(quantity: int, reason: str | None) -> Iterator[tuple[str, str]]:
    if quantity == 0:
        yield "quantity", "must not be 0"
    if quantity > 0 and reason in DECREASES:
        yield "quantity", f"must be below 0: what is {reason} is there no more"
    if quantity < 0 and reason in INCREASES:
        yield "quantity", f"must be above 0: what is {reason} is there"
