"""Running the Go service that Orderflow set out to replace: `go/service/` says what it does, and what it does not."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.go_build import build
from benchmarks.orders import go_bodies
from benchmarks.rival import Rival, counted_rows
from benchmarks.servers import Servers, wait_for_web
from devstack import product
from devstack.console import Say
from devstack.ports import LOOPBACK, free_port

NAME = "go"


@contextmanager
def go_rival(servers: Servers, say: Say) -> Iterator[Rival | None]:
    """Running and ready, in a database of its own; None, with a word why, where Go is not installed.

    Raises:
        BenchmarkError: it can't be built, or did not become ready.
    """
    say("Building the Go service: minutes, the first time")
    if (program := build("service")) is None:
        say("Go is not installed: the columns of the Go service are left out")
        yield None
        return
    servers.create_database(NAME)
    topics = servers.environment(NAME) | {"KAFKA_TOPIC_PREFIX": f"{NAME}."}
    servers.run(f"{NAME}-topics", product.manage("ensure_topics"), topics)
    port = free_port()
    environment = servers.environment(NAME) | {"LISTEN": f"{LOOPBACK}:{port}", "ORDERS_TOPIC": f"{NAME}.orders"}
    web = servers.process(NAME, (str(program),), environment)
    try:
        web.start()
        wait_for_web(web, port)
        with counted_rows(servers, NAME, "orders") as stored:
            yield Rival(port, {}, go_bodies(), {NAME: web} | servers.families, stored)
    finally:
        web.stop()
