"""The common parts of long-running commands: stopping on signals, and waiting for servers."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue

import structlog
from django.core.management.base import CommandError
from django.db import Error, connection

from common import tracing
from common.database_problems import database_problem
from common.postgres import ReadOnlyDatabase, is_read_only
from messaging.exceptions import TransportUnavailable
from messaging.heartbeat import Liveness
from messaging.transport.kafka.topics import has_fast_checksums, missing_topics, topic_problems
from operations.migration_state import migration_state
from operations.pipeline import TOPICS

log = structlog.get_logger(__name__)

_POLL_INTERVAL = 1.0  # seconds


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """An event that is set after SIGTERM or SIGINT.

    A handler runs in the middle of whatever the main thread does. If that is a wait for this event, it may hold the
    event's lock, so a handler that sets the event would wait for itself, for ever. Putting something into a
    `SimpleQueue` can be interrupted anywhere; a thread takes it from there. Closing a client in a handler can hang too.

    What runs so long is traced where traces are wanted.
    """
    stopping = threading.Event()
    signals: SimpleQueue[bool] = SimpleQueue()
    thread = threading.Thread(target=_set_after_a_signal, args=(signals, stopping), name="signals", daemon=True)
    thread.start()
    before = {number: signal.signal(number, lambda *_: signals.put(True)) for number in (signal.SIGTERM, signal.SIGINT)}
    tracing.start()
    try:
        yield stopping
    finally:
        tracing.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
        signals.put(False)
        thread.join()


def _set_after_a_signal(signals: "SimpleQueue[bool]", stopping: threading.Event) -> None:
    """Set the event once there is a signal; False ends the wait for one."""
    if signals.get():
        stopping.set()


def fail_if_stopped(stopping: threading.Event, unfinished: str) -> None:
    """For the end of a command that ends by itself once its work is done: told to stop before, it has not succeeded.

    Args:
        unfinished: what may not be done.

    Raises:
        CommandError: `stopping` is set.
    """
    if stopping.is_set():
        raise CommandError(f"stopped by a signal: {unfinished}")


def wait_for_services(stopping: threading.Event) -> None:
    """Wait until PostgreSQL is migrated and Kafka has the topics, or until `stopping`; logs each problem once.

    Who waits is well, and has a heartbeat: to end the process would bring back no server.

    Wrong settings of topics are logged as warnings only: consuming is still the best that can be done.
    """
    if not has_fast_checksums():
        log.warning("slow_checksums", detail="crc32c is not installed: Kafka will cost a third more CPU")
    with Liveness() as liveness:
        for why_not in (_database_problem, _kafka_problem):
            _wait_until_fine(why_not, stopping, liveness)
    if not stopping.is_set():
        _warn_of_topics()


def _warn_of_topics() -> None:
    try:
        problems = topic_problems(TOPICS)
    except TransportUnavailable as error:
        log.warning("topics_not_checked", reason=str(error))
        return
    for problem in problems:
        log.warning("topic_setting", problem=str(problem), topic=problem.topic, setting=problem.setting)


def _wait_until_fine(why_not: Callable[[], str | None], stopping: threading.Event, liveness: Liveness) -> None:
    said: str | None = None
    while not stopping.is_set() and (problem := why_not()):
        liveness.report()
        if problem != said:
            log.warning("waiting", reason=problem)
            said = problem
        stopping.wait(_POLL_INTERVAL)
    if said and not stopping.is_set():
        log.info("waited", reason=said)


def _database_problem() -> str | None:
    try:
        is_migrated = not migration_state().missing
        if is_read_only():
            raise ReadOnlyDatabase("the session is read-only")
    except Error as error:
        return database_problem(error)
    finally:
        connection.close()
    return None if is_migrated else "the database is not migrated: manage.py migrate"


def _kafka_problem() -> str | None:
    try:
        missing = missing_topics(TOPICS)
    except TransportUnavailable as error:
        return str(error)
    return f"topics are missing: {', '.join(missing)}: manage.py ensure_topics" if missing else None
