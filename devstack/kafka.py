"""A Kafka node: Apache Kafka's own jars on a Java runtime from PyPI."""

import base64
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path

from devstack.command import Command
from devstack.console import Say
from devstack.files import build_folder, remove_folder
from devstack.java import find_java
from devstack.kafka_jars import has_all_jars, jars_folder
from devstack.kafka_settings import server_properties, write_properties
from devstack.ports import LOOPBACK, free_port, is_open
from devstack.registry import Registry
from devstack.server import Server

CHECKOUT = Path(__file__).resolve().parent.parent
LOGGING = Path(__file__).with_name("log4j2.properties")
JVM = ("-XX:+UseSerialGC", "-XX:-UsePerfData", f"-Dlog4j2.configurationFile={LOGGING.as_uri()}")
ALONE = ("-Xmx512m",)

# A tool that runs for a second is done before the optimising compiler would pay, and brokers that are killed all the
# time have other uses for the processors.
BRIEF = ("-XX:TieredStopAtLevel=1",)
IN_A_CLUSTER = ("-Xmx256m", *BRIEF)


def new_cluster_id() -> str:
    """A random id in Kafka's spelling, never with a dash in front, which Kafka would take for an option."""
    return "K" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]


class Kafka(Server):
    """Broker and controller in one process, without authentication, on the loopback interface.

    Alone it is a cluster of its own. For a larger one, which `KafkaCluster` makes, give each node its id, the
    controller ports of all nodes (`voters`), and one `cluster_id`.
    """

    name = "kafka"
    title = "Kafka"
    format_options: tuple[str, ...] = ()  # further ones of Kafka's StorageTool

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        controller_port: int | None = None,
        node_id: int = 1,
        voters: Mapping[int, int] | None = None,
        cluster_id: str | None = None,
        log: Path | None = None,
        registry: Registry | None = None,
    ) -> None:
        if voters:
            self.name, self.title = f"kafka-{node_id}", f"Kafka's broker {node_id}"
        super().__init__(folder, port=port, log=log, registry=registry)
        self.controller_port = controller_port or free_port()
        self._node_id = node_id
        self._voters = voters or {node_id: self.controller_port}
        self._cluster_id = cluster_id or new_cluster_id()
        self._data = self.folder / "data"
        self._temporary = self.folder / "tmp"  # for what Java's libraries unpack; a killed JVM leaves it behind
        self._properties = self.folder / "server.properties"

    @property
    def bootstrap_servers(self) -> str:
        """The KAFKA_BOOTSTRAP_SERVERS."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What the product needs to find it."""
        return {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers}

    def install(self, say: Say) -> None:
        """Fetch Apache Kafka, once for this user."""
        if not has_all_jars():
            say("Fetching Apache Kafka from Maven Central (44 MB, once for this user)")
            argv = (sys.executable, "-m", "devstack.fetch_kafka")
            self.run_step(Command("fetching Apache Kafka", argv, self.log, folder=CHECKOUT))

    def prepare(self) -> None:
        """Write the settings, and format the data folder unless that was done."""
        remove_folder(self._temporary)
        self._temporary.mkdir()
        build_folder(self._data, self._format)
        write_properties(self._properties, self._settings(self._data))

    def command(self) -> Command:
        """The broker; SIGTERM is an orderly shutdown."""
        argv = self._java(*(ALONE if len(self._voters) == 1 else IN_A_CLUSTER), "kafka.Kafka", str(self._properties))
        return Command(self.name, argv, self.log, folder=self.folder, stop_seconds=3.5)

    def is_ready(self) -> bool:
        """Whether the broker's port is open; Kafka opens it when the broker is up."""
        return is_open(self.port)

    def _settings(self, data: Path) -> dict[str, str]:
        return server_properties(
            node_id=self._node_id,
            port=self.port,
            controller_port=self.controller_port,
            voters=self._voters,
            data=data,
        )

    def _format(self, data: Path) -> None:
        properties = self.folder / "format.properties"
        write_properties(properties, self._settings(data))
        argv = self._java(*BRIEF, "kafka.tools.StorageTool", "format", "-t", self._cluster_id, "-c", str(properties))
        argv += self.format_options
        self.run_step(Command("formatting Kafka's data folder", argv, self.log))
        properties.unlink()

    def _java(self, *arguments: str) -> tuple[str, ...]:
        options = (*JVM, f"-Djava.io.tmpdir={self._temporary}", "-cp", f"{jars_folder()}/*")
        return (str(find_java()), *options, *arguments)
