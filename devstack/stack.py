"""PostgreSQL and Kafka together."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from devstack.console import Say, silent
from devstack.kafka import Kafka
from devstack.postgres import Postgres
from devstack.registry import Registry
from devstack.server import Server
from devstack.tree import marks


@dataclass(frozen=True)
class Stack:
    """The two servers, each in a folder of its own."""

    postgres: Postgres
    kafka: Kafka
    registry: Registry | None = None

    @property
    def owner_marks(self) -> dict[str, str]:
        """Environment of a process that shall end with the stack."""
        return marks(self.registry.token) if self.registry else {}

    @property
    def environment(self) -> dict[str, str]:
        """What the product needs to find them."""
        return {"DATABASE_URL": self.postgres.url, **self.kafka.environment}

    def start(self, say: Say = silent) -> None:
        """Start both and wait until they are ready."""
        start_together([self.postgres, self.kafka], say)

    def kill(self) -> None:
        """End both at once; for data that is thrown away."""
        self.kafka.kill()
        self.postgres.kill()


def new_stack(folder: Path, *, durable: bool = True, registry: Registry | None = None) -> Stack:
    """A stack on free ports, with its data and logs below `folder`; not started yet."""
    return Stack(
        Postgres(folder / "postgresql", durable=durable, registry=registry),
        Kafka(folder / "kafka", registry=registry),
        registry,
    )


def start_together(servers: Sequence[Server], say: Say = silent) -> None:
    """Start all and wait until all are ready; on any trouble, also a signal, none is left running."""
    for server in servers:
        server.install(say)
    with ThreadPoolExecutor(max(1, len(servers))) as pool:
        starting = [pool.submit(_start, server) for server in servers]
        try:
            for each in starting:
                each.result()
        except BaseException:
            _abandon(servers, starting)
            raise


def _start(server: Server) -> None:
    server.start()
    server.wait_ready()


def _abandon(servers: Sequence[Server], starting: Sequence[Future[None]]) -> None:
    """Stop each server as soon as its thread has started it, so that no thread waits for its readiness."""
    while not all(each.done() for each in starting):
        for server in servers:
            server.stop(2)
        time.sleep(0.05)
    for server in servers:
        server.stop(2)
