"""How much of an order's lines a shipment takes. No database here."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from common.errors import FieldError
from orders.exceptions import LinesRefused, QuantityNotOpen


class WantedLine(msgspec.Struct, frozen=True):
    """Units of a line that are to be sent."""

    line_no: int
    quantity: int


class OpenLine(msgspec.Struct, frozen=True):
    """Of a line: the units that were ordered, and those of them that were neither sent nor cancelled.

    `credited` of what is open were credited before they were sent, and so are not sent any more.
    """

    ordered: int
    open: int
    credited: int = 0

    @property
    def sendable(self) -> int:
        return max(0, self.open - self.credited)


def to_ship(wanted: Sequence[WantedLine] | None, lines: Mapping[int, OpenLine]) -> dict[int, int]:
    """The units that a shipment takes of each line, by its number; None wants all that is left and not credited.

    Raises:
        LinesRefused: lines that the order does not have, or that are named twice, or more than was ever ordered.
        QuantityNotOpen: more than is open now, or than is left of it that was not credited.
    """
    if wanted is None:
        return _all_left(lines)
    if impossible := list(_impossible(wanted, lines)):
        raise LinesRefused(sorted([*impossible, *_not_open(wanted, lines)], key=lambda error: error.pointer))
    if not_open := list(_not_open(wanted, lines)):
        raise QuantityNotOpen(not_open)
    return {line.line_no: line.quantity for line in wanted}


def _all_left(lines: Mapping[int, OpenLine]) -> dict[int, int]:
    left = {line_no: line.sendable for line_no, line in lines.items() if line.sendable}
    if not left:  # of an order of which something is open
        told = "all that is open was credited before it was sent: cancel it"
        raise QuantityNotOpen([FieldError("/lines", told)], f"Of the order, {told}.")
    return left


def _impossible(wanted: Sequence[WantedLine], lines: Mapping[int, OpenLine]) -> Iterator[FieldError]:
    if not wanted:
        yield FieldError("/lines", "names no line")
    seen = set[int]()
    for index, line in enumerate(wanted):
        if line.line_no not in lines:
            yield FieldError(f"/lines/{index}/line_no", f"the order has no line {line.line_no}")
        elif line.line_no in seen:
            yield FieldError(f"/lines/{index}/line_no", f"line {line.line_no} is named twice")
        elif line.quantity > (ordered := lines[line.line_no].ordered):
            yield FieldError(f"/lines/{index}/quantity", f"only {ordered} were ordered of line {line.line_no}")
        seen.add(line.line_no)


def _not_open(wanted: Sequence[WantedLine], lines: Mapping[int, OpenLine]) -> Iterator[FieldError]:
    """Lines whose rest is too little; of what was never ordered, `_impossible` tells."""
    for index, line in enumerate(wanted):
        known = lines.get(line.line_no)
        if known and known.sendable < line.quantity <= known.ordered:
            why = f": {known.credited} were credited before they were sent" if known.credited else ""
            yield FieldError(f"/lines/{index}/quantity", f"only {known.sendable} are open of line {line.line_no}{why}")
