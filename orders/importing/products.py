"""Products that orders name and the catalogue does not have: what their rows say of them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from api.validation import parse
from common.errors import Invalid
from common.fields import Text200
from orders.catalogue import PricedProduct, forget_once_committed
from orders.importing.column_profiles import Profile
from orders.importing.grouping import RawOrder
from orders.importing.reading import RowProblem, RowsRejected
from orders.importing.rows import Row
from orders.intake.drafts import LineRequest, OrderRequest
from orders.prices.records import record_from_now

_COLUMNS = ("sku", "name", "unit_price", "currency", "tax_rate")
# ignore_conflicts does not tell which rows were inserted. Skus are inserted in one fixed order, against deadlocks.
_CREATE_MISSING = """
    INSERT INTO orders_product (sku, name, unit_price, currency, tax_rate, updated_at)
    SELECT sku, name, unit_price, currency, tax_rate, now()
    FROM unnest(%s::text[], %s::text[], %s::numeric[], %s::text[], %s::numeric[])
        AS product (sku, name, unit_price, currency, tax_rate)
    ORDER BY sku
    ON CONFLICT DO NOTHING
    RETURNING sku
"""


@dataclass(frozen=True, slots=True)
class Proposals:
    """The products that a batch of orders would need, each as its first row with a price above 0 describes it."""

    profile: Profile
    tax_rate: Decimal
    products: dict[str, PricedProduct] = field(default_factory=dict)

    def add(self, raw: RawOrder, request: OrderRequest, known: Collection[str]) -> None:
        """Propose the products of an order that are not `known`.

        Raises:
            RowsRejected: a row does not say enough for one. Nothing is proposed then.
        """
        unknown = [(row, line) for row, line in zip(raw.rows, request.lines, strict=True) if line.sku not in known]
        if problems := [problem for row, line in unknown for problem in self._problems(row, line, request.currency)]:
            raise RowsRejected(problems)
        for row, line in unknown:
            self._propose(row, line, request)

    def _propose(self, row: Row, line: LineRequest, request: OrderRequest) -> None:
        proposed = self.products.get(line.sku)
        if proposed is None or (not proposed.unit_price and line.unit_price):
            assert request.currency is not None
            assert line.unit_price is not None
            name = self.profile.text(row, "name") or line.sku
            self.products[line.sku] = PricedProduct(line.sku, name, line.unit_price, request.currency, self.tax_rate)

    def _problems(self, row: Row, line: LineRequest, currency: str | None) -> Iterator[RowProblem]:
        why = f"there is no product {line.sku}, and to create it"
        if line.unit_price is None:
            yield RowProblem(row, self.profile.column_of["unit_price"], f"is missing: {why} takes a price")
        if currency is None:
            yield RowProblem(row, self.profile.column_of["currency"], f"is missing: {why} takes a currency")
        try:
            parse(self.profile.text(row, "name") or line.sku, Text200)
        except Invalid as invalid:
            yield RowProblem(row, self.profile.column_of["name"], f"{invalid.errors[0].detail}: {why} takes a name")


def create_missing_products(products: Sequence[PricedProduct], *, actor: str) -> set[str]:
    """Add those products whose sku is not in the catalogue, in the caller's transaction; the skus of those added."""
    columns = [[getattr(product, name) for product in products] for name in _COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_CREATE_MISSING, columns)
        added = {sku for (sku,) in cursor.fetchall()}
    prices = {(each.sku, each.currency): each.unit_price for each in products if each.sku in added}
    record_from_now(prices, actor=actor)
    forget_once_committed(added)
    return added
