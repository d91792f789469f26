"""Issuing credit notes: whoever credits an invoice holds the lock of its row, and knows what was credited before.

Locks are taken in one order: the series of invoices by whoever issues some, rows of invoices by their numbers, and at
last the series of credit notes.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from common.conversion import convert
from common.errors import FieldError, Invalid
from common.fields import Quantity
from common.money import smallest_unit
from invoicing.credit_notes import CreditNoteSnapshot, CreditTerms, announcement, credit_note
from invoicing.events import Line, Tax
from invoicing.exceptions import MoreThanBilled, NothingLeftToCredit, NotSent
from invoicing.models import CreditNote, Invoice
from invoicing.numbering import lock_series, take_numbers
from invoicing.portions import Portion, left_to_credit, portion, units_by_line
from invoicing.statements import store_credit_notes
from invoicing.unsent import Credited, Dated, unsent_units
from messaging.outbox import recording

# How many units of each line of an order were sent so far, by the line's number; none of an order that is not known. It
# never falls, so it may be read without a lock. Orders know it: whoever composes the apps hands it in.
SentUnits = Callable[[UUID], Mapping[int, int]]


def nothing_was_sent(_order_id: UUID) -> Mapping[int, int]:
    """What is known of shipments where nobody was asked: so nothing can come back to stock."""
    return {}


class CreditedInvoice:
    """An invoice, its row locked if anything is to be credited, with the credit notes that it has so far."""

    def __init__(self, invoice: Invoice, credit_notes: Iterable[CreditNote]) -> None:
        self.invoice = invoice
        self.order_id = invoice.order_id
        self._billed = _portion_of(invoice)
        notes = list(credit_notes)
        self._credited = [_portion_of(note) for note in notes]
        self._notes = [
            Credited(note.issued_at, units_by_line([part]), note.restock)
            for part, note in zip(self._credited, notes, strict=True)
        ]
        self._returned = [part for part, note in zip(self._credited, notes, strict=True) if note.restock]

    @cached_property
    def left(self) -> Mapping[int, int]:
        """The units of each line, by its number, that can be credited yet."""
        return left_to_credit(self._billed, self._credited)

    def returnable(self, sent: Mapping[int, int]) -> Mapping[int, int]:
        """The units of each line that can come back to stock yet: those that were sent, and did not come back."""
        returned = units_by_line(self._returned)
        return {line_no: sent.get(line_no, 0) - returned[line_no] for line_no in self.left}

    @property
    def has_credit_notes(self) -> bool:
        return bool(self._notes)

    def unsent(self, shipped: Iterable[Dated], cancelled: Dated | None) -> defaultdict[int, int]:
        """The units of each line that were credited and are not sent; 0 of any other line."""
        return unsent_units(self._notes, shipped, cancelled)

    def part(self, quantities: Mapping[int, int]) -> Portion:
        """What the given quantities of lines, none more than is left, come to."""
        unit = smallest_unit(self.invoice.currency) or Decimal(1)
        return portion(self._billed, self._credited, quantities, unit=unit)


@dataclass(frozen=True, slots=True)
class Credit:
    """What is to be credited of an invoice: quantities by line number, none more than is left, and not all 0."""

    credited: CreditedInvoice
    quantities: Mapping[int, int]
    _: KW_ONLY
    reason: str
    restock: bool = False
    actor: str = ""


class AskedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Units of a line that somebody wants credited."""

    line_no: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1, description="the number of a line")]
    quantity: Quantity


@transaction.atomic
def credit_invoice(
    *,
    number: str,
    lines: Sequence[AskedLine] | None,
    reason: str,
    restock: bool,
    sent_units: SentUnits = nothing_was_sent,
    actor: str,
) -> CreditNote:
    """Credit quantities of an invoice's lines, or all that is left of it, by one credit note.

    Args:
        number: of an invoice that there is.
        lines: at least one; None: all that is left.
        restock: the goods are back, and on hand again.
        actor: a user name.

    Raises:
        Invalid: a line is named that the invoice does not have, or one twice.
        MoreThanBilled: less than asked is left of a line.
        NothingLeftToCredit: the whole invoice is credited.
        NotSent: goods would come back to stock that never left.
    """
    (credited,) = lock_invoices([number])
    quantities = _whole_rest(credited) if lines is None else _checked(lines, credited.left)
    if restock:
        _check_sent(quantities, credited.returnable(sent_units(credited.order_id)), lines)
    (note,) = issue_credit_notes([Credit(credited, quantities, reason=reason, restock=restock, actor=actor)])
    return CreditNote.objects.get(number=note.number)


def lock_invoices(numbers: Iterable[str]) -> list[CreditedInvoice]:
    """Invoices by rising number, locked until the transaction ends, with all that was credited of them."""
    return credited_invoices(Invoice.objects.select_for_update().filter(number__in=list(numbers)))


def credited_invoices(chosen: QuerySet[Invoice]) -> list[CreditedInvoice]:
    """Invoices by rising number, with all that was credited of them; to be looked at only, unless `chosen` locks."""
    invoices = list(chosen.order_by("number"))
    notes: dict[str, list[CreditNote]] = defaultdict(list)
    for note in CreditNote.objects.filter(invoice__in=[invoice.number for invoice in invoices]):
        notes[note.invoice_id].append(note)
    return [CreditedInvoice(invoice, notes[invoice.number]) for invoice in invoices]


def issue_credit_notes(credits_: Sequence[Credit]) -> list[CreditNoteSnapshot]:
    """Issue a credit note for each, no two of one invoice, in the caller's transaction."""
    if not credits_:
        return []
    terms = _terms()
    after = max(each.credited.invoice.issued_at for each in credits_)
    issued_at = lock_series(terms.series, terms.time_zone, after=after)
    year = issued_at.astimezone(terms.time_zone).year
    numbers = take_numbers(series=terms.series, year=year, count=len(credits_))
    notes = [
        credit_note(
            each.credited.invoice,
            each.credited.part(each.quantities),
            terms=terms,
            sequence=sequence,
            issued_at=issued_at,
            reason=each.reason,
            restock=each.restock,
            actor=each.actor,
        )
        for each, sequence in zip(credits_, numbers, strict=True)
    ]
    store_credit_notes(notes)
    recording.record_all(map(announcement, notes))
    return notes


def _terms() -> CreditTerms:
    return CreditTerms(
        series=settings.CREDIT_NOTE_SERIES,
        issuer=settings.INVOICE_ISSUER,
        time_zone=ZoneInfo(settings.INVOICE_TIME_ZONE),
    )


def _whole_rest(credited: CreditedInvoice) -> Mapping[int, int]:
    quantities = {line_no: left for line_no, left in credited.left.items() if left}
    if not quantities:
        raise NothingLeftToCredit
    return quantities


def _checked(lines: Sequence[AskedLine], left: Mapping[int, int]) -> Mapping[int, int]:
    """The quantities by line number; errors point to the lines by their place, from 0."""
    times = Counter(line.line_no for line in lines)
    invalid, excess = [], []
    for place, line in enumerate(lines):
        if line.line_no not in left:
            invalid.append(FieldError(f"/lines/{place}/line_no", "is no line of this invoice"))
        elif times[line.line_no] > 1:
            invalid.append(FieldError(f"/lines/{place}/line_no", "is named more than once"))
        elif line.quantity > left[line.line_no]:
            detail = f"is more than the {left[line.line_no]} that can be credited yet of line {line.line_no}"
            excess.append(FieldError(f"/lines/{place}/quantity", detail))
    if invalid:
        raise Invalid(invalid + excess)
    if excess:
        raise MoreThanBilled(excess)
    return {line.line_no: line.quantity for line in lines}


def _check_sent(
    quantities: Mapping[int, int], returnable: Mapping[int, int], lines: Sequence[AskedLine] | None
) -> None:
    """Errors point to the lines that were asked for or, where all that is left was, to `restock`."""
    pointers = {line.line_no: f"/lines/{place}/quantity" for place, line in enumerate(lines or ())}
    errors = [
        FieldError(pointers.get(line_no, "/restock"), _too_many(quantity, max(0, returnable[line_no]), line_no))
        for line_no, quantity in quantities.items()
        if quantity > returnable[line_no]
    ]
    if errors:
        raise NotSent(errors)


def _too_many(quantity: int, most: int, line_no: int) -> str:
    return f"of line {line_no}, {quantity} can't come back to stock: {most} were sent and are not back"


def _portion_of(document: Invoice | CreditNote) -> Portion:
    """The amounts of a document as it was stored."""
    return Portion(convert(document.lines, list[Line]), convert(document.taxes, list[Tax]), document.net, document.tax)
