"""Running the Go service that Orderflow set out to replace: `go/main.go` says what it does, and what it does not."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.orders import go_bodies
from benchmarks.rival import Rival
from benchmarks.servers import ROOT, Servers, wait_for_web
from devstack import product
from devstack.console import Say
from devstack.ports import LOOPBACK, free_port
from devstack.processes.command import Command
from devstack.processes.tasks import run_task

NAME = "go"
SOURCE = Path(__file__).with_name("go")
BINARY = ROOT / "benchmarks" / "results" / "go-service"


@contextmanager
def go_rival(servers: Servers, say: Say) -> Iterator[Rival | None]:
    """Running and ready, in a database of its own; None, with a word why, where Go is not installed.

    Raises:
        BenchmarkError: it did not become ready.
        DevstackError: it can't be built.
    """
    if not (go := shutil.which("go")):
        say("Go is not installed: the columns of the Go service are left out")
        yield None
        return
    say("Building the Go service: minutes, the first time")
    _build(go, servers)
    servers.create_database(NAME)
    topics = servers.environment(NAME) | {"KAFKA_TOPIC_PREFIX": f"{NAME}."}
    servers.run(f"{NAME}-topics", product.manage("ensure_topics"), topics)
    port = free_port()
    environment = servers.environment(NAME) | {"LISTEN": f"{LOOPBACK}:{port}", "ORDERS_TOPIC": f"{NAME}.orders"}
    web = servers.process(NAME, (str(BINARY),), environment)
    try:
        web.start()
        wait_for_web(web, port)
        yield Rival(port, {}, go_bodies(), {NAME: web} | servers.families)
    finally:
        web.stop()


def _build(go: str, servers: Servers) -> None:
    BINARY.parent.mkdir(exist_ok=True)
    argv = (go, "build", "-trimpath", "-o", str(BINARY), ".")
    log = servers.folder / "logs" / f"{NAME}-build.log"
    run_task(Command(f"{NAME}-build", argv, log, {}, SOURCE), servers.registry)
