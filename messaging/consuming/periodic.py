"""Work that a consumer does now and then, between its batches."""

import time
from collections.abc import Callable

import structlog

from common.postgres import refresh_connection
from messaging.retry import is_transient

log = structlog.get_logger(__name__)


class Periodic:
    """Work that is due at once, and again `every` so many seconds. During an outage it waits for its next time."""

    def __init__(self, name: str, work: Callable[[], None], *, every: float) -> None:
        self._name = name
        self._work = work
        self._every = every
        self._due = time.monotonic()

    def run_if_due(self) -> None:
        """Raises:
        Exception: what the work raises, if waiting does not mend it.
        """
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._every
        refresh_connection()
        try:
            self._work()
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("periodic_work_waits", work=self._name, error=str(error).strip())
