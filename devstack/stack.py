"""PostgreSQL and Kafka together."""

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devstack.console import Say, silent
from devstack.kafka.broker import LONG_SESSION, SHORT_SESSION, Kafka
from devstack.make_run.timing import timed
from devstack.postgres.server import Postgres
from devstack.processes.registry import Registry
from devstack.processes.supervisor import POLL_INTERVAL, Supervisor
from devstack.processes.tree import marks
from devstack.server import Server


@dataclass(frozen=True)
class Stack:
    """A PostgreSQL and a Kafka server, each in a folder of its own."""

    postgres: Postgres
    kafka: Kafka
    registry: Registry | None = None

    @property
    def owner_marks(self) -> dict[str, str]:
        """The environment variable of processes that are to end with the stack."""
        return marks(self.registry.token) if self.registry else {}

    @property
    def environment(self) -> dict[str, str]:
        """The settings of tests and benchmarks to connect to both: as superuser, because they create databases."""
        return {"DATABASE_URL": self.postgres.admin_url, **self.kafka.environment}

    def start(self, say: Say = silent) -> None:
        """Start both and wait until they are ready."""
        start_together([self.postgres, self.kafka], say)

    def kill(self) -> None:
        """Kill both; for data that is deleted afterwards."""
        self.kafka.kill()
        self.postgres.kill()


def new_stack(folder: Path, *, durable: bool = True, registry: Registry | None = None) -> Stack:
    """A stack on free ports, with its data and logs below `folder`; not started yet.

    With `durable` off neither server can be started again after it was killed, or only slowly.
    """
    return Stack(
        Postgres(folder / "postgresql", durable=durable, registry=registry),
        Kafka(folder / "kafka", session_seconds=SHORT_SESSION if durable else LONG_SESSION, registry=registry),
        registry,
    )


class Startable(Protocol):
    """The interface of what can be started together: a `Server`, or work that waits for the servers that it needs."""

    @property
    def title(self) -> str: ...

    def install(self, say: Say) -> None: ...

    def start(self) -> None: ...

    def wait_ready(self) -> None: ...

    def stop(self, seconds: float | None = None) -> None: ...


def start_together(units: Sequence[Startable], say: Say = silent, supervisor: Supervisor | None = None) -> None:
    """Start all units and wait until all are ready; after an error or a signal none is left running.

    Each server is supervised as soon as it is ready, because other units may need it to become ready.
    """
    supervisor = supervisor or Supervisor(say)
    for unit in units:
        with timed(say, f"{unit.title} is fetched"):
            unit.install(say)
    with ThreadPoolExecutor(max(1, len(units))) as pool:
        starting = {pool.submit(_start, unit, say): unit for unit in units}
        try:
            _await(starting, supervisor)
        except BaseException:
            _abandon(units, starting)
            raise


def _await(starting: Mapping[Future[None], Startable], supervisor: Supervisor) -> None:
    pending = set(starting)
    while pending:
        done, pending = wait(pending, timeout=POLL_INTERVAL, return_when=FIRST_COMPLETED)
        for each in done:
            each.result()
        supervisor.watch(unit for each in done if isinstance(unit := starting[each], Server))
        supervisor.check()


def _start(unit: Startable, say: Say) -> None:
    with timed(say, f"{unit.title} is ready"):
        unit.start()
        unit.wait_ready()


def _abandon(units: Sequence[Startable], starting: Iterable[Future[None]]) -> None:
    """Stop each unit as soon as its thread has started it, so that no thread goes on waiting for its readiness."""
    while not all(each.done() for each in starting):
        for unit in units:
            unit.stop(2)
        time.sleep(0.05)
    for unit in units:
        unit.stop(2)
