"""Importing orders: whole ones only, in batches, each reference once however often it is tried."""

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from common.text import number_of
from orders.exceptions import OrderRefused
from orders.importing.cancellations import without_cancelled_lines
from orders.importing.column_profiles import ORDER_ID, STATUS
from orders.importing.grouping import RawOrder, survey, whole_orders
from orders.importing.products import Proposals
from orders.importing.reading import OrderReader, RowsRejected
from orders.importing.report import Refusal, Report
from orders.importing.storing import Store
from orders.intake.drafts import Draft, OrderRequest, Placed
from orders.intake.pricing import price, skus_of
from orders.selectors import imported_references, imported_sizes, known_orders
from orders.transitions import Status

_NO_SALE = {Status.CANCELLED, Status.REJECTED}
_ORDERS, _LINES = 200, 5000  # at which a batch is full: it is one transaction

ShowProgress = Callable[[int, int], None]  # rows done, rows in all


@dataclass(frozen=True, slots=True)
class OrderImport:
    """An import of CSV files.

    Attributes:
        tax_rate: of the products that are created for unknown skus; None: unknown skus are refused.
        refuse: is told of each refused order.
        warn: is told of each order that is skipped although other lines of it were imported.
        progress: is told how far the import is.
        returns: those that were read; nothing is done with them here.
    """

    reader: OrderReader
    store: Store
    report: Report
    tax_rate: Decimal | None
    refuse: Callable[[Refusal], None]
    warn: Callable[[str], None]
    progress: ShowProgress
    returns: list[RawOrder] = field(default_factory=list)

    def run(self, paths: Sequence[Path]) -> None:
        """Import the orders of all files; `report` says how far that got, also when it raises.

        Raises:
            UnreadableFile: before anything is stored, unless a file changes meanwhile.
            DatabaseError: the batches before are stored.
        """
        profile = self.reader.profile
        surveyed = survey(paths, profile.columns, profile.reference)
        for batch in _batches(whole_orders(paths, profile.columns, profile.reference, surveyed)):
            self._take(batch)
            self.report.rows += sum(len(raw.rows) for raw in batch)
            self.progress(self.report.rows, surveyed.rows)

    def _take(self, batch: Sequence[RawOrder]) -> None:
        is_return = self.reader.profile.is_return
        self.returns.extend(raw for raw in batch if is_return(raw.reference))
        orders = [raw for raw in batch if not is_return(raw.reference)]
        imported = imported_references(raw.reference for raw in orders)
        self.report.skipped += len(imported)
        self._compare([raw for raw in orders if raw.reference in imported])
        absent = _not_here([raw for raw in orders if raw.reference not in imported])
        self.report.already_here += len(orders) - len(imported) - len(absent)
        sold = [raw for raw in absent if not {row[STATUS] for row in raw.rows} <= _NO_SALE]
        wanted = [left for raw in sold if (left := without_cancelled_lines(raw, self.reader.profile)).rows]
        self.report.no_sale += len(absent) - len(wanted)
        requests = self._read(wanted)
        drafts = self._price(requests)
        for outcome in self.store.place(drafts):
            if isinstance(outcome, Placed):
                self.report.accepted += 1
                self.report.lines += len(outcome.draft.order.lines)
            else:
                self.report.skipped += 1

    def _compare(self, raws: Sequence[RawOrder]) -> None:
        """Name the orders of which other lines were imported before, as from a file that was not whole then."""
        imported = imported_sizes([raw.reference for raw in raws])
        for raw in raws:
            left = without_cancelled_lines(raw, self.reader.profile)
            here = len(left.rows), self.reader.units(left)
            if (before := imported.get(raw.reference, here)) != here:
                self.report.skipped_changed += 1
                sizes = f"{_size(*before)}, and has {_size(*here)} here"
                self.warn(f"{raw.rows[0].place}: order {raw.reference}: skipped: it was imported with {sizes}")

    def _read(self, raws: Iterable[RawOrder]) -> list[tuple[RawOrder, OrderRequest]]:
        requests = []
        for raw in raws:
            try:
                requests.append((raw, self.reader.read(raw)))
            except RowsRejected as refused:
                self.refuse(Refusal(raw, refused.problems))
        return requests

    def _price(self, requests: Sequence[tuple[RawOrder, OrderRequest]]) -> list[Draft]:
        """Orders with their prices, once the products that they need are there."""
        known = self.store.products(skus_of(request for _, request in requests))
        proposals = Proposals(self.reader.profile, self.tax_rate or Decimal(0))
        products = ChainMap(known, proposals.products)
        drafts = []
        for raw, request in requests:
            try:
                if self.tax_rate is not None:
                    proposals.add(raw, request, known)
                drafts.append(price(request, products))
            except RowsRejected as refused:
                self.refuse(Refusal(raw, refused.problems))
            except OrderRefused as refused:
                self.refuse(Refusal(raw, self.reader.problems(raw, refused.errors)))
        needed = skus_of(draft.order for draft in drafts) & proposals.products.keys()
        self.report.created_products += self.store.create_products([proposals.products[sku] for sku in sorted(needed)])
        return drafts


def _not_here(raws: Sequence[RawOrder]) -> list[RawOrder]:
    """The orders of a file without those that were exported here and are still here: they would be billed twice.

    Rows of several orders under one reference, of which one is not here, contradict each other and are refused later.
    """
    exported = [{each for row in raw.rows if (each := _uuid_of(row[ORDER_ID]))} for raw in raws]
    here = known_orders(set().union(*exported))
    return [raw for raw, ids in zip(raws, exported, strict=True) if not ids or ids - here]


def _size(lines: int, units: int | None) -> str:
    of_units = "" if units is None else f" of {number_of(units, 'unit', 'units')}"
    return f"{number_of(lines, 'line', 'lines')}{of_units}"


def _uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _batches(raws: Iterable[RawOrder]) -> Iterator[list[RawOrder]]:
    batch: list[RawOrder] = []
    lines = 0
    for raw in raws:
        batch.append(raw)
        lines += len(raw.rows)
        if len(batch) >= _ORDERS or lines >= _LINES:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch
