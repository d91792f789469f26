"""Importing returns: each is credited as a whole to the latest earlier orders of its customer, or refused.

What was ordered the orders app knows, what is left to credit invoicing does; here both are asked.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from invoicing.crediting import Credit, CreditedInvoice, credited_invoices, issue_credit_notes, lock_invoices
from invoicing.models import Invoice
from operations.models import ImportedReturn
from orders.importing.grouping import RawOrder
from orders.importing.owner import OWNER
from orders.importing.reading import OrderReader, RowProblem, RowsRejected
from orders.importing.report import Refusal, Report
from orders.importing.returns import NothingToTakeBack, SoldLine, Taken, match
from orders.intake.drafts import OrderRequest

NOT_INVOICED = "takes back what is not invoiced, or was not when this import began: import it again later"
_TRIES = 10  # of a return, each of which finds what others have credited meanwhile

SoldBefore = Callable[[OrderRequest, datetime], Sequence[SoldLine]]


class _CreditedMeanwhile(Exception):
    """Somebody else has credited what was planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnImport:
    """An import of returns, after that of the orders of the same files.

    Attributes:
        reader: of the profile's returns.
        sold_before: see orders.importing.returns.
        began: when the import began. Invoices of since then are not credited: which were issued by the time that their
            return is read depends on how far consumers have come.
        dry_run: nothing is stored.
        planned: units by order and line that earlier returns wait for, which no later one may get.
    """

    reader: OrderReader
    sold_before: SoldBefore
    began: datetime
    report: Report
    refuse: Callable[[Refusal], None]
    dry_run: bool
    planned: Counter[tuple[UUID, int]] = field(default_factory=Counter)

    def run(self, raws: Sequence[RawOrder]) -> None:
        """Raises:
        DatabaseError: the returns before are credited.
        """
        self.report.returns.read += len(raws)
        for raw in raws:
            try:
                self._take(raw)
            except RowsRejected as refused:
                self.refuse(Refusal(raw, refused.problems))

    def _take(self, raw: RawOrder) -> None:
        """Raises:
        RowsRejected: it is not credited.
        """
        request = self.reader.read(raw)
        for _ in range(_TRIES):
            if ImportedReturn.objects.filter(pk=request.reference).exists():
                self.report.skipped += 1
                return
            taken, invoices = self._plan(raw, request)
            try:
                self._credit(request, taken, invoices)
            except _CreditedMeanwhile:
                continue
            return
        raise RowsRejected([RowProblem(raw.rows[0], "", "meets others who credit the same invoices: import it again")])

    def _plan(self, raw: RawOrder, request: OrderRequest) -> tuple[list[Taken], Mapping[UUID, CreditedInvoice]]:
        """Raises:
        RowsRejected: not all that it takes back is there, or is invoiced.
        """
        sold = self.sold_before(request, request.placed_at or self.began)
        invoices = _invoices_of({line.order_id for line in sold}, self.began)
        try:
            taken = match(request.lines, [self._with_left(line, invoices) for line in sold])
        except NothingToTakeBack as nothing:
            raise RowsRejected(nothing.of_rows(raw, self.reader.profile.column_of)) from None
        waiting = sorted({each.index for each in taken if each.line.order_id not in invoices})
        if waiting:
            self.report.returns.waiting += 1
            self.planned.update(_units(taken))
            raise RowsRejected([RowProblem(raw.rows[index], "", NOT_INVOICED) for index in waiting])
        return taken, invoices

    def _with_left(self, line: SoldLine, invoices: Mapping[UUID, CreditedInvoice]) -> SoldLine:
        invoice = invoices.get(line.order_id)
        left = invoice.left[line.line_no] if invoice else line.left
        return replace(line, left=max(0, left - self.planned[line.order_id, line.line_no]))

    def _credit(self, request: OrderRequest, taken: Sequence[Taken], invoices: Mapping[UUID, CreditedInvoice]) -> None:
        """Raises:
        _CreditedMeanwhile: by somebody else; nothing is stored.
        """
        numbers = [invoices[order_id].invoice.number for order_id in {each.line.order_id for each in taken}]
        if not self.dry_run:
            numbers = _issue(request, taken, numbers)
        self.report.returns.credited += 1
        self.report.returns.credit_notes += len(numbers)
        if self.dry_run:
            self.planned.update(_units(taken))


def _invoices_of(order_ids: set[UUID], issued_before: datetime) -> Mapping[UUID, CreditedInvoice]:
    invoices = credited_invoices(Invoice.objects.filter(order_id__in=order_ids, issued_at__lt=issued_before))
    return {each.order_id: each for each in invoices}


def _units(taken: Sequence[Taken]) -> Counter[tuple[UUID, int]]:
    units: Counter[tuple[UUID, int]] = Counter()
    for each in taken:
        units[each.line.order_id, each.line.line_no] += each.units
    return units


def _issue(request: OrderRequest, taken: Sequence[Taken], invoice_numbers: Sequence[str]) -> list[str]:
    """The numbers of the credit notes of a return, one for each invoice.

    Raises:
        _CreditedMeanwhile: less is left than is to be taken; or this very return is credited.
    """
    by_order: dict[UUID, dict[int, int]] = defaultdict(dict)
    for (order_id, line_no), units in _units(taken).items():
        by_order[order_id][line_no] = units
    try:
        with transaction.atomic():
            credits_ = [_of(invoice, by_order[invoice.order_id], request) for invoice in lock_invoices(invoice_numbers)]
            numbers = [note.number for note in issue_credit_notes(credits_)]
            ImportedReturn.objects.create(reference=request.reference, credit_notes=numbers)
    except IntegrityError as error:
        raise _CreditedMeanwhile from error
    return numbers


def _of(invoice: CreditedInvoice, quantities: Mapping[int, int], request: OrderRequest) -> Credit:
    if any(units > invoice.left[line_no] for line_no, units in quantities.items()):
        raise _CreditedMeanwhile
    day = f" of {request.placed_at.date()}" if request.placed_at else ""
    return Credit(invoice, quantities, reason=f"Return {request.reference}{day}", actor=OWNER)
