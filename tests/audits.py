"""Auditing what a test has stored."""

from datetime import datetime, timedelta

from django.db import transaction

from operations.audit.report import Audit
from operations.audit.run import audit


def examine(*, waiting_limit: timedelta, since: datetime | None = None) -> Audit:
    """Check every promise in the transaction of the test, whose rows are never committed."""
    return audit(waiting_limit=waiting_limit, since=since, snapshot=transaction.atomic)
