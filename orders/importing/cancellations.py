"""What a file says was cancelled of its orders: that is not sold where it is imported."""

from orders.importing.column_profiles import Profile
from orders.importing.csv_reading import number_if_whole
from orders.importing.grouping import RawOrder
from orders.importing.rows import Row

FIELD = "cancelled_quantity"


def without_cancelled_lines(raw: RawOrder, profile: Profile) -> RawOrder:
    """The order without the rows of which all is cancelled; a row that orders 0 units is none of them."""
    return RawOrder(raw.reference, [row for row in raw.rows if not _is_cancelled(row, profile)])


def _is_cancelled(row: Row, profile: Profile) -> bool:
    quantity, cancelled = _quantities(row, profile)
    return isinstance(cancelled, int) and 0 < cancelled == quantity


def quantity_left(row: Row, profile: Profile) -> int | str:
    """The quantity of a row less what is cancelled of it; as it stands there where `problem_of` finds something."""
    quantity, cancelled = _quantities(row, profile)
    if isinstance(quantity, str) or isinstance(cancelled, str) or not 0 < cancelled <= quantity:
        return quantity
    return quantity - cancelled


def problem_of(row: Row, profile: Profile) -> str | None:
    """What is wrong with the cancelled quantity of a row, if anything is."""
    quantity, cancelled = _quantities(row, profile)
    if isinstance(quantity, str) or (isinstance(cancelled, int) and 0 <= cancelled <= max(quantity, 0)):
        return None
    return "must be a whole number from 0 to the quantity"


def _quantities(row: Row, profile: Profile) -> tuple[int | str, int | str]:
    return number_if_whole(profile.text(row, "quantity")), number_if_whole(profile.text(row, FIELD) or "0")
