from collections.abc import Callable

import msgspec
import pytest

from invoicing.events import InvoiceIssued
from messaging.models import OutboxMessage


@pytest.fixture
def issued(db) -> Callable[[], list[InvoiceIssued]]:
    """A function that returns the recorded events, in their order."""

    def read() -> list[InvoiceIssued]:
        rows = OutboxMessage.objects.filter(type=InvoiceIssued.TYPE).order_by("pk")
        return [msgspec.json.decode(row.body, type=InvoiceIssued) for row in rows]

    return read
