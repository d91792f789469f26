"""Unparking events that the broker rejected for good, once a person has fixed the cause."""

from collections.abc import Collection

import structlog
from django.db import transaction

from messaging.models import OutboxMessage
from messaging.outbox import publisher

log = structlog.get_logger(__name__)


@transaction.atomic
def unpark(ids: Collection[int]) -> int:
    """Have parked outbox messages sent again; returns how many of the ids were parked."""
    count = OutboxMessage.objects.filter(pk__in=ids, parked_at__isnull=False).update(parked_at=None, parked_reason="")
    log.info("outbox_messages_unparked", count=count)
    transaction.on_commit(publisher.nudge, robust=True)
    return count
