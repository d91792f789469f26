"""What staff were told, against what is stored: what was done is there once, what was refused is not."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.finding import Finding
from tests.chaos.journal import Refusal, RequestedStep
from tests.chaos.staff import told_status
from tests.chaos.stored import Stored

BY_HAND = ("receipt", "adjustment")
FINAL = ("rejected", "cancelled", "fulfilled")


@dataclass(frozen=True)
class Effect:
    """What a step has left: what it is about, its units by line or sku, and whether they come back to stock."""

    about: str
    units: Mapping[Any, int]
    restock: bool = False


def judge_steps(steps: Iterable[RequestedStep], stored: Stored) -> Iterator[Finding]:
    """Findings about steps, and about effects that nobody asked for."""
    effects = {kind: _by_name(pairs) for kind, pairs in _effects(stored).items()}
    truth = _Truth(stored)
    for step in steps:
        found = effects[step.kind].pop(step.name, [])
        yield from _judge(step, found)
        for refusal in step.refusals:
            if not step.impossible and not truth.bears_out(step, refusal):
                told = f"{refusal.status} {refusal.problem}: {refusal.detail}"
                yield Finding("untrue", step.name, f"{step.kind} of {step.about} {dict(step.wanted)}: {told}")
    for kind, left in effects.items():
        for name, found in left.items():
            yield Finding("invented", name, f"nobody asked for {kind} {found}")


def _judge(step: RequestedStep, found: list[Effect]) -> Iterator[Finding]:
    what = f"{step.kind} of {step.about}"
    if len(found) > 1:
        yield Finding("doubled", step.name, f"{what}: {found}")
    elif not found and step.answers:
        yield Finding("lost", step.name, f"{what} was done by {step.answers[0]}")
    elif found and (step.outcome == "refused" or step.impossible):
        yield Finding("invented", step.name, f"{what} was refused, and yet {found}")
    if any(answer != step.answers[0] for answer in step.answers):
        yield Finding("altered", step.name, f"{what} was answered in two ways: {step.answers}")
    if step.answers and step.refusals:
        yield Finding("untrue", step.name, f"{what} was done, and refused: {step.refusals}")
    for effect in found:
        units = effect.units if step.wanted else {}
        wanted = Effect(step.about, dict(step.wanted), step.restock)
        if Effect(effect.about, dict(units), effect.restock) != wanted:
            yield Finding("altered", step.name, f"wanted {wanted}, stored {effect}")


def _effects(stored: Stored) -> dict[str, Iterator[tuple[str, Effect]]]:
    """What each kind of step has left, with the names under which it was asked for."""
    return {
        "cancel": ((order.reason, Effect(order.id, {})) for order in stored.orders if order.reason),
        "fulfil": ((each.tracking, Effect(each.order_id, each.quantities)) for each in stored.shipments),
        "credit": (
            (note.reason, Effect(note.invoice_number, note.quantities, note.restock))
            for note in stored.credit_notes
            if note.by_hand
        ),
        "stock-take": _stock_takes(stored),
        "price": ((f"{price.unit_price:.6f}", Effect(price.sku, {})) for price in stored.prices if price.by_staff),
    } | {kind: _bookings(stored, kind) for kind in BY_HAND}


def _bookings(stored: Stored, kind: str) -> Iterator[tuple[str, Effect]]:
    for movement in stored.movements:
        if movement.kind == kind and movement.counted is None and movement.document:
            yield movement.document, Effect(movement.sku, {movement.sku: movement.on_hand})


def _stock_takes(stored: Stored) -> Iterator[tuple[str, Effect]]:
    """Those of which a sku was booked twice would be two."""
    takes: dict[str, list[dict[str, int]]] = defaultdict(lambda: [{}])
    for movement in stored.movements:
        if movement.counted is not None:
            if movement.sku in takes[movement.document][-1]:
                takes[movement.document].append({})
            takes[movement.document][-1][movement.sku] = movement.counted
    for document, counts in takes.items():
        for counted in counts:
            yield document, Effect("", counted)


def _by_name(pairs: Iterable[tuple[str, Effect]]) -> dict[str, list[Effect]]:
    named: dict[str, list[Effect]] = defaultdict(list)
    for name, effect in pairs:
        named[name].append(effect)
    return named


class _Truth:
    """Whether a refusal was true. What it says is never undone, so it has to be true in the end as well."""

    def __init__(self, stored: Stored) -> None:
        self._orders = {order.id: order for order in stored.orders}
        self._left = {invoice.number: dict(invoice.quantities) for invoice in stored.invoices}
        self._credited = Counter[tuple[str, int]]()  # units by order and line
        for note in stored.credit_notes:
            self._credited.update({(note.order_id, line_no): units for line_no, units in note.quantities.items()})
            left = self._left.get(note.invoice_number, {})
            for line_no, quantity in note.quantities.items():
                left[line_no] = left.get(line_no, 0) - quantity

    def bears_out(self, step: RequestedStep, refusal: Refusal) -> bool:
        problem, wanted = refusal.problem, step.wanted.items()
        if problem in ("order-not-cancellable", "order-not-fulfillable"):
            order, status = self._orders.get(step.about), told_status(refusal.detail)
            if order is None or (order.reason == step.name and step.kind == "cancel"):
                return False  # it is not there, or this very step has cancelled it
            still_to_come = problem == "order-not-fulfillable" and status in ("placed", "backordered")
            return still_to_come or (status in FINAL and status == order.status)
        if problem == "quantity-not-open":
            lines = self._orders[step.about].ordered if step.about in self._orders else ()
            # What was credited before it was sent is not sent any more; without lines, all that is left is wanted.
            open_ = [line.open - self._credited[step.about, place] for place, line in enumerate(lines, 1)]
            if not step.wanted:
                return not any(units > 0 for units in open_)
            return any(open_[line_no - 1] < quantity for line_no, quantity in wanted if line_no <= len(open_))
        if problem == "more-than-billed":
            return any(self._left[step.about].get(line_no, 0) < quantity for line_no, quantity in wanted)
        if problem == "nothing-left-to-credit":
            return not any(self._left[step.about].values())
        if problem == "price-in-the-past":
            return refusal.in_doubt  # it was to begin later when it was asked for first
        # What was too little then may be enough now: levels rise and fall, and more is sent.
        return problem == "on-hand-refused" or (problem == "not-sent" and step.restock)
