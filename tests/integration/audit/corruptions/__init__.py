"""Corruptions of the database for each check, which has to find them: the table is CORRUPTIONS."""

from tests.integration.audit.corruptions import (  # noqa: F401
    backorders,
    credit_notes,
    documents,
    fulfilment,
    invoices,
    messages,
    orders,
    prices,
    responses,
    stock,
    timelines,
)
from tests.integration.audit.corruptions.table import CORRUPTIONS, FIVE_MINUTES, NONE

__all__ = ["CORRUPTIONS", "FIVE_MINUTES", "NONE"]
