"""Which columns a file has, and what they mean: its own format, and that of a known data set."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from orders.importing.addresses import ADDRESS_COLUMNS
from orders.importing.rows import Columns, Row

# What `--rejects` adds to the columns of a file, so that a mended one can be imported as it is.
ADDED_TO_REJECTS = ("file", "line", "reason")
# What an export says besides. An import reads the order's id, to tell whether that order is here, and whether it ended
# without a sale.
ORDER_ID = "order_id"
STATUS = "status"
_ONLY_IN_EXPORTS = (ORDER_ID, "line_no", "net", STATUS, "invoice_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A kind of file.

    Attributes:
        column_of: the column of each field. The fields are those of an order as JSON, `placed_at`, and `name`, what a
            line calls its product.
        optional: fields whose column may be missing.
        export_columns: columns that only exports of ours have; of these, only the order's id and status are read.
        consistent: fields that must be the same in all rows of an order; of others that an order has once, the first
            counts.
        fixed: fields that have no column, and the same value in every order.
        cleaned: fields whose text is changed before it is checked, and how.
        explained: fields with error messages of their own, and what makes them; None where the general message holds.
        keeps_descriptions: whether lines keep what rows call their products, or that is for new products only.
        is_return: whether what a reference names is a return, and no order.
        return_profile: the profile that reads returns, as the orders that they undo: with quantities above 0.
    """

    column_of: Mapping[str, str]
    optional: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    export_columns: tuple[str, ...] = ()
    consistent: tuple[str, ...] = ("customer_id", "currency", "placed_at")
    fixed: Mapping[str, str] = field(default_factory=dict)
    cleaned: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    explained: Mapping[str, Callable[[str], str | None]] = field(default_factory=dict)
    keeps_descriptions: bool = False
    is_return: Callable[[str], bool] = lambda _: False
    return_profile: "Profile | None" = None

    @property
    def columns(self) -> Columns:
        return Columns(
            required=[column for name, column in self.column_of.items() if name not in self.optional],
            optional=[self.column_of[name] for name in self.optional],
            ignored=self.ignored,
            reject_columns=ADDED_TO_REJECTS,
            export_columns=self.export_columns,
        )

    @property
    def reference(self) -> str:
        """The column that tells orders apart."""
        return self.column_of["reference"]

    def text(self, row: Row, name: str) -> str:
        """The text of a field in a row, empty if there is none."""
        column = self.column_of.get(name)
        text = row[column] if column else self.fixed.get(name, "")
        return self.cleaned[name](text) if name in self.cleaned else text

    def problem_of(self, row: Row, name: str) -> str | None:
        """The profile's own error message for a field, if it has one."""
        return self.explained[name](self.text(row, name)) if name in self.explained else None


def _without_zero_decimals(text: str) -> str:
    """17850.0, as spreadsheets write whole numbers, is 17850."""
    return re.sub(r"(?<=\d)\.0+\Z", "", text, flags=re.ASCII)


def _explain_return(text: str) -> str | None:
    return "is 0 or less: a return or an adjustment, no order" if re.fullmatch(r"-\d+|0+", text, re.ASCII) else None


def _negated(text: str) -> str:
    """-3 takes 3 units back, and 3 takes -3 back; what is no whole number stays what it is."""
    match = re.fullmatch(r"([+-]?)(\d+)", text, re.ASCII)
    return text if match is None else match[2] if match[1] == "-" else f"-{match[2]}"


def _explain_order(text: str) -> str | None:
    return "is not below 0: a return takes units back" if re.fullmatch(r"-\d+|0+", text, re.ASCII) else None


def _explain_adjustment(text: str) -> str | None:
    return "is below 0: an adjustment, no order" if text.startswith("-") else None


_OF_ORDERS = ("reference", "customer_id", "sku", "quantity", "unit_price", "currency", "placed_at")
# They came last, so that whoever reads an export by places finds what was there before where it was.
_ADDED_TO_ORDERS = (*ADDRESS_COLUMNS, "allow_backorder")
_ADDED_LATER = (*_ADDED_TO_ORDERS, "cancelled_quantity", "tax_category", "tax_reason_code", "tax_reason", "unit_code")
SELDOM_USED = ("name", "tax_rate", *_ADDED_LATER)  # by who writes a file of orders by hand
STANDARD = Profile(
    column_of={name: name for name in (*_OF_ORDERS, *SELDOM_USED)},
    optional=("unit_price", "currency", "placed_at", *SELDOM_USED),
    export_columns=_ONLY_IN_EXPORTS,
    consistent=("customer_id", "currency", "placed_at", *_ADDED_TO_ORDERS),
    keeps_descriptions=True,
)
EXPORTED = (
    *(*_OF_ORDERS, ORDER_ID, "line_no", "name", "tax_rate", "net", STATUS, "invoice_number"),
    *_ADDED_LATER,
)
# One row an invoice line, amounts in GBP, times in UTC: D. Chen, UCI Machine Learning Repository, doi:10.24432/C5BW33.
# A price of 0 is a give-away. The rows of a few invoices were entered a minute apart.
_ONLINE_RETAIL = Profile(
    column_of={
        "reference": "InvoiceNo",
        "sku": "StockCode",
        "name": "Description",
        "quantity": "Quantity",
        "placed_at": "InvoiceDate",
        "unit_price": "UnitPrice",
        "customer_id": "CustomerID",
    },
    ignored=("Country",),
    consistent=("customer_id",),
    fixed={"currency": "GBP"},
    cleaned={"customer_id": _without_zero_decimals},
    explained={"quantity": _explain_return, "unit_price": _explain_adjustment},
)
ONLINE_RETAIL = replace(
    _ONLINE_RETAIL,
    is_return=lambda reference: reference.startswith("C"),
    return_profile=replace(
        _ONLINE_RETAIL,
        cleaned={"customer_id": _without_zero_decimals, "quantity": _negated},
        explained={"quantity": _explain_order, "unit_price": _explain_adjustment},
    ),
)
PROFILES: Mapping[str, Profile] = {"standard": STANDARD, "online-retail": ONLINE_RETAIL}
