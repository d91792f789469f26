"""Running the steps of `manage.py prepare`, each of which may wait for its server."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.management.base import CommandError
from django.db import DatabaseError, InterfaceError, connections

from common.database_problems import may_pass
from messaging.exceptions import ConnectionRejected, TransportUnavailable

LONG_SECONDS = 2.0  # a step that takes longer says how long it took
_POLL_INTERVAL = 0.2  # seconds


@dataclass(frozen=True)
class Step:
    """A step with its title. It may be repeated, because a server that is just starting may interrupt it."""

    title: str
    work: Callable[[], object]


@dataclass(frozen=True)
class Preparation:
    """Runs steps one after the other; `wait` is the number of seconds that each is retried while its server is down."""

    say: Callable[[str], None]
    wait: float
    clock: Callable[[], float] = field(default=time.monotonic)

    def run(self, step: Step) -> None:
        """Run a step. Prints its title, and its duration if that is over 2 s, without the wait for a server.

        Raises:
            CommandError, DatabaseError, InterfaceError: the step failed, or its server was not up in time.
        """
        self.say(step.title)
        took = self._seconds_of(step)
        if took > LONG_SECONDS:
            self.say(f"{step.title}: {took:.1f} s")

    def _seconds_of(self, step: Step) -> float:
        latest = self.clock() + self.wait
        while True:
            began = self.clock()
            try:
                step.work()
            except (CommandError, DatabaseError, InterfaceError) as error:
                if not _is_not_up(error) or self.clock() >= latest:
                    raise
            else:
                return self.clock() - began
            connections.close_all()
            time.sleep(_POLL_INTERVAL)


def _is_not_up(error: Exception) -> bool:
    cause = error.__cause__ if isinstance(error, CommandError) else error  # our commands say in words what happened
    if isinstance(cause, TransportUnavailable):
        return not isinstance(cause, ConnectionRejected)
    return isinstance(cause, DatabaseError | InterfaceError) and may_pass(cause)
