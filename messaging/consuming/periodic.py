"""Periodic work of a consumer, between its batches."""

import time
from collections.abc import Callable

import structlog

from common.database_problems import message_of
from common.postgres import refresh_connection
from common.repeated_lines import RepeatedLine
from messaging.retry import is_transient

log = structlog.get_logger(__name__)


class Periodic:
    """Work that is due at once, and then `every` so many seconds. If an outage makes it fail, it is due then again."""

    def __init__(
        self, name: str, work: Callable[[], None], *, every: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = name
        self._work = work
        self._every = every
        self._clock = clock
        self._due = clock()
        self._waits = RepeatedLine(clock)

    def run_if_due(self) -> None:
        """Raises:
        Exception: what the work raises, if it is not transient.
        """
        if self._clock() < self._due:
            return
        self._due = self._clock() + self._every
        refresh_connection()
        try:
            self._work()
        except Exception as error:
            if not is_transient(error):
                raise
            if self._waits.is_due(reason := message_of(error)):
                log.warning("periodic_work_waits", work=self._name, error=reason)
        else:
            if self._waits.end():
                log.info("periodic_work_resumed", work=self._name)
