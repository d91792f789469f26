"""What a file says of the tax of a line: that of when it was sold, whatever the catalogue says by now."""

import msgspec

from api.validation import parse
from common.errors import Invalid
from common.fields import ReasonCode, TaxRate, Text200
from orders.importing.column_profiles import Profile
from orders.importing.rows import Row
from orders.tax_category import Taxation, problems_of_line, with_usual_reason

_FIELDS = ("tax_rate", "tax_category", "tax_reason_code", "tax_reason")


class _Tax(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cells of a line that say how it is taxed."""

    tax_rate: TaxRate
    tax_category: str = ""
    tax_reason_code: ReasonCode = ""
    tax_reason: Text200 = ""


def taxation_in(row: Row, profile: Profile) -> Taxation | None:
    """How a row says that it is taxed; None: it does not. A row without a category says the rate alone.

    Raises:
        Invalid: its cells make no sense; pointers name the columns.
    """
    told = {name: text for name in _FIELDS if (text := profile.text(row, name))}
    if not told:
        return None
    tax = parse(told, _Tax)
    taxation = Taxation(tax.tax_category, tax.tax_rate, tax.tax_reason_code or None, tax.tax_reason or None)
    if problems := list(problems_of_line(taxation)):
        raise Invalid(problems)
    return with_usual_reason(taxation)
