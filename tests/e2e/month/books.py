"""What a shop sold by its CSV files, and what that comes to: nothing of the product computes here.

Amounts are in pounds. Net of a line and tax of an order are rounded half up to whole pence, in integers.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

STANDARD_RATE = Decimal("0.2")
# Countries of the files by ISO 3166; of others an order has no address.
COUNTRIES = {
    "Australia": "AU",
    "Belgium": "BE",
    "EIRE": "IE",
    "France": "FR",
    "Germany": "DE",
    "Iceland": "IS",
    "Italy": "IT",
    "Japan": "JP",
    "Lithuania": "LT",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "Spain": "ES",
    "Switzerland": "CH",
    "United Kingdom": "GB",
}


@dataclass(frozen=True)
class SaleLine:
    sku: str
    name: str
    quantity: int
    price: Decimal

    def net(self, units: int) -> Decimal:
        """What the first `units` of it cost."""
        return pence(units * self.price)


@dataclass
class Sale:
    """An invoice of the files; lines by their numbers, from 1. `rate`: of the tax that it is subject to here."""

    number: str
    customer: str
    country: str
    lines: list[SaleLine] = field(default_factory=list)
    rate: Decimal = STANDARD_RATE

    @property
    def is_order(self) -> bool:
        """Not a return, and not an adjustment."""
        return all(line.quantity > 0 and line.price >= 0 for line in self.lines)

    @property
    def quantities(self) -> dict[int, int]:
        return {number: line.quantity for number, line in enumerate(self.lines, start=1)}

    def comes_to(self, units: Mapping[int, int]) -> tuple[Decimal, Decimal]:
        """Net and tax of the first units of each line."""
        net = sum((self.lines[number - 1].net(count) for number, count in units.items()), Decimal(0))
        return net, pence(net * self.rate)


def pence(amount: Decimal) -> Decimal:
    """To whole pence, half up; of amounts that are not negative."""
    return (
        Decimal((amount * 1000).to_integral_value(rounding="ROUND_FLOOR") + 5)
        .scaleb(-3)
        .quantize(Decimal("0.01"), rounding="ROUND_FLOOR")
    )


def read_sales(paths: Iterable[str | Path]) -> dict[str, Sale]:
    """All invoices of the files by number, in their order."""
    sales: dict[str, Sale] = {}
    for path in paths:
        with Path(path).open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                number = row["InvoiceNo"].strip()
                customer = row["CustomerID"].strip().removesuffix(".0") or "GUEST"
                sale = sales.setdefault(number, Sale(number, customer, row["Country"].strip()))
                sku, name = row["StockCode"].strip().upper(), row["Description"].strip()
                sale.lines.append(SaleLine(sku, name, int(row["Quantity"]), Decimal(row["UnitPrice"])))
    return sales


def asked_of(sales: Iterable[Sale]) -> dict[str, int]:
    """Units of each sku that these sales ask for."""
    asked: dict[str, int] = defaultdict(int)
    for sale in sales:
        for line in sale.lines:
            asked[line.sku] += line.quantity
    return asked
