"""The import of the catalogue: products and their stock, all lines of all files or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import msgspec
from django.db import transaction

from api.validation import parse
from common.errors import Invalid
from common.fields import (
    DEFAULT_UNIT,
    Currency,
    ProductCategory,
    ReasonCode,
    Sku,
    TaxRate,
    Text200,
    Timestamp,
    UnitCode,
    UnitPrice,
)
from inventory.exceptions import OnHandRefused
from inventory.models import MAX_ON_HAND
from operations.cli.progress import WriteLine
from operations.importing.lines import as_json, problems_of, require_none, rows_of
from operations.importing.stocked_products import StockedProduct, upsert_stocked_products
from orders.catalogue import PricedProduct, locked_products
from orders.importing.rows import Columns, Row
from orders.models import Product
from orders.prices.changes import StartsRefused
from orders.tax_category import problems_of_taxation

_OPTIONAL = ("unit_code", "tax_category", "tax_reason_code", "tax_reason")
COLUMNS = Columns(
    required=("sku", "name", "unit_price", "currency", "tax_rate", "on_hand"), optional=("valid_from", *_OPTIONAL)
)
COMMAND = "import_catalogue"


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the file; `unit_price` in `currency` from `valid_from` on, `tax_rate` a fraction, `on_hand` units."""

    sku: Sku
    name: Text200
    unit_price: UnitPrice
    currency: Currency
    tax_rate: TaxRate
    on_hand: Annotated[int, msgspec.Meta(ge=0, le=MAX_ON_HAND, description=f"a whole number from 0 to {MAX_ON_HAND}")]
    valid_from: Timestamp | None = None
    unit_code: UnitCode = DEFAULT_UNIT
    tax_category: ProductCategory = ""
    tax_reason_code: ReasonCode = ""
    tax_reason: Text200 = ""


@dataclass(slots=True)
class _Catalogue:
    """The lines read so far, with the row of each sku."""

    products: list[StockedProduct] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        try:
            line = parse(as_json(row, number="on_hand"), _Line)
        except Invalid as invalid:
            self.problems += problems_of(row, invalid)
            return
        if line.sku in self.rows:
            self.problems.append(f"{row.place}: sku {line.sku} stands already in {self.rows[line.sku].place}")
            return
        self.rows[line.sku] = row
        product = _priced(line)
        self.products.append(StockedProduct(product, line.on_hand, line.valid_from))

    def complete(self) -> None:
        """Keep the fields of existing products that a file has no column for, and check the resulting taxes.

        An empty cell means the default. Those products are locked: a change since they were read would be undone.
        """
        missing = {sku: names for sku, row in self.rows.items() if (names := _without_columns(row))}
        known = locked_products(missing)
        self.products = [_kept(stocked, known, missing) for stocked in self.products]
        for stocked in self.products:
            row, problems = self.rows[stocked.product.sku], problems_of_taxation(stocked.product)
            self.problems += [f"{row.place}: {error.pointer[1:]} {error.detail}" for error in problems]


def _kept(
    stocked: StockedProduct, known: Mapping[str, Product], missing: Mapping[str, Sequence[str]]
) -> StockedProduct:
    sku = stocked.product.sku
    if sku not in known:
        return stocked
    kept = {name: getattr(known[sku], name) for name in missing[sku]}
    return replace(stocked, product=replace(stocked.product, **kept))


def _without_columns(row: Row) -> list[str]:
    return [name for name in _OPTIONAL if name not in row.cells]


def import_catalogue(*, files: Sequence[Path], write_line: WriteLine) -> int:
    """Add the products of all files or bring them up to date, with their stock, in one transaction; returns how many.

    Raises:
        UnreadableFile: a file is not CSV with these columns.
        LinesRejected: after `write_line` got a line with file, line, column and reason for each problem.
    """
    catalogue = _Catalogue()
    for row in rows_of(files, COLUMNS):
        catalogue.add(row)
    if not catalogue.problems:
        _store(catalogue)
    require_none(catalogue.problems, write_line, done="imported")
    return len(catalogue.products)


@transaction.atomic
def _store(catalogue: _Catalogue) -> None:
    """Store a catalogue as a whole; or nothing, where that finds `problems`."""
    catalogue.complete()
    if catalogue.problems:
        return
    try:
        upsert_stocked_products(catalogue.products, by=COMMAND)
    except OnHandRefused as refused:
        catalogue.problems += (f"{catalogue.rows[one.sku].place}: on_hand: {one}" for one in refused.refused)
    except StartsRefused as refused:
        catalogue.problems += (
            f"{catalogue.rows[sku].place}: valid_from {reason}" for sku, reason in refused.reasons.items()
        )


def _priced(line: _Line) -> PricedProduct:
    columns = msgspec.structs.asdict(line)
    return PricedProduct(**{name: columns[name] for name in columns if name not in ("on_hand", "valid_from")})
