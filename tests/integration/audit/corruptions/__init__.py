"""For each check, ways to break the database that this check must see: the table is CORRUPTIONS."""

from tests.integration.audit.corruptions import invoices, messages, orders, prices, responses, stock, timelines  # noqa: F401
from tests.integration.audit.corruptions.table import CORRUPTIONS, FIVE_MINUTES, NONE

__all__ = ["CORRUPTIONS", "FIVE_MINUTES", "NONE"]
