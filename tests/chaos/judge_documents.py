"""Invoices and credit notes: each order is billed once, and what was cancelled of it is credited, or never billed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from tests.chaos.finding import Finding
from tests.chaos.stored import Stored, StoredCreditNote, StoredInvoice, StoredOrder, Units


def judge_documents(stored: Stored) -> Iterator[Finding]:
    """Findings about invoices and credit notes, and about their numbers."""
    invoices: dict[str, list[StoredInvoice]] = defaultdict(list)
    notes: dict[str, list[StoredCreditNote]] = defaultdict(list)
    for invoice in stored.invoices:
        invoices[invoice.order_id].append(invoice)
    for note in stored.credit_notes:
        notes[note.order_id].append(note)
    for order in stored.orders:
        yield from _judge_order(order, invoices.pop(order.id, []), notes.pop(order.id, []))
    for order_id, documents in (*invoices.items(), *notes.items()):
        yield Finding("misinvoiced", order_id, f"no such order, and yet {[each.number for each in documents]}")
    yield from _judge_series([*stored.invoices, *stored.credit_notes])


def _judge_order(
    order: StoredOrder, invoices: Sequence[StoredInvoice], notes: Sequence[StoredCreditNote]
) -> Iterator[Finding]:
    numbers = [invoice.number for invoice in invoices]
    cancelled_whole = order.status == "cancelled"
    due = {1} if order.was_confirmed and not cancelled_whole else {0, 1} if order.was_confirmed else {0}
    if len(numbers) not in due or "".join(numbers) != order.invoice_number:
        detail = f"{order.status}, shows {order.invoice_number!r}, has {numbers}"
        yield Finding("misinvoiced", order.id, detail)
    if sorted(order.credit_notes) != sorted(note.number for note in notes):
        shown = list(order.credit_notes)
        yield Finding("misinvoiced", order.id, f"shows {shown}, has {[note.number for note in notes]}")
    if notes and numbers != list({note.invoice_number for note in notes}):
        yield Finding("misinvoiced", order.id, f"has {numbers}, and credit notes to other invoices")
    elif invoices:
        yield from _judge_credits(order, invoices[0], notes)


def _judge_credits(order: StoredOrder, invoice: StoredInvoice, notes: Sequence[StoredCreditNote]) -> Iterator[Finding]:
    """Never more than was billed; what was cancelled is credited once, as far as nobody had credited it before."""
    credited = _added(note.quantities for note in notes)
    if more := {line_no: units for line_no, units in credited.items() if units > invoice.quantities.get(line_no, 0)}:
        yield Finding("misinvoiced", invoice.number, f"more is credited than was billed, of lines {more}")
    automatic = [note for note in notes if not note.by_hand]
    if len(automatic) > 1 or any(note.reason != order.reason or note.restock for note in automatic):
        yield Finding("misinvoiced", order.id, f"credited by its cancellation: {automatic}")
    by_itself = _added(note.quantities for note in automatic)
    for line_no in invoice.quantities:
        cancelled = order.ordered[line_no - 1].cancelled
        by_hand = credited[line_no] - by_itself[line_no]  # of what was sent, or before it was sent
        if not cancelled - by_hand <= by_itself[line_no] <= cancelled:
            detail = f"line {line_no}: cancelled {cancelled}, credited {by_itself[line_no]} by that"
            yield Finding("misinvoiced", order.id, detail)
    in_full = all(credited[line_no] == billed for line_no, billed in invoice.quantities.items())
    total = sum((note.total for note in notes), Decimal(0))
    if total > invoice.total or (in_full and total != invoice.total):
        yield Finding("misinvoiced", invoice.number, f"billed {invoice.total}, credited {total}")


def _judge_series(documents: Iterable[StoredInvoice | StoredCreditNote]) -> Iterator[Finding]:
    """Numbers run from 1 without a gap."""
    series: dict[str, list[int]] = defaultdict(list)
    for document in documents:
        series[document.series].append(document.sequence)
    for name, sequences in series.items():
        if sorted(sequences) != list(range(1, len(sequences) + 1)):
            yield Finding("misinvoiced", name, f"{len(sequences)} numbers from {min(sequences)} to {max(sequences)}")


def _added(parts: Iterable[Units]) -> Counter[int]:
    total = Counter[int]()
    for part in parts:
        total.update(part)
    return total
