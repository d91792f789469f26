"""A Kafka node: Apache Kafka's own jars on a Java runtime from PyPI."""

import base64
import shutil
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path

from devstack.console import Say
from devstack.files import build_folder, remove_folder
from devstack.kafka.jars import class_path, has_all_jars
from devstack.kafka.java import find_java
from devstack.kafka.settings import server_properties, write_properties
from devstack.ports import LOOPBACK, free_port
from devstack.processes.command import Command
from devstack.processes.registry import Registry
from devstack.server import Server

CHECKOUT = Path(__file__).resolve().parents[2]
LOGGING = Path(__file__).with_name("log4j2.properties")

# The node's folder is the working directory, and all paths are relative to it: commas, colons, percent signs and
# backslashes, which an absolute path may have, are special in settings, options and URLs of Java and Kafka.
DATA, TEMPORARY, PROPERTIES = Path("data"), Path("tmp"), Path("server.properties")
JVM = (
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",  # like the attach mechanism, it would write to /tmp whatever java.io.tmpdir is
    "-XX:+DisableAttachMechanism",
    f"-Djava.io.tmpdir={TEMPORARY}",
    f"-Dlog4j2.configurationFile={LOGGING.name}",
)
# Under the locale C, Java takes file names for ASCII. The three variables with options for Java are cleared, because
# they are meant for other programs of this user.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "JAVA_TOOL_OPTIONS": "", "JDK_JAVA_OPTIONS": "", "_JAVA_OPTIONS": ""}
ALONE = ("-Xmx512m",)

# Without the optimising compiler, which does not pay for tools that run for a second, and for brokers that tests kill.
BRIEF = ("-XX:TieredStopAtLevel=1",)
IN_A_CLUSTER = ("-Xmx256m", *BRIEF)

# How long a broker's session outlasts it: with the short one a broker that was killed opens its port 5 s later instead
# of 12. One that is never started again has the long one: it goes on when a busy machine has kept it waiting.
SHORT_SESSION, LONG_SESSION = 3, 30  # seconds


def new_cluster_id() -> str:
    """A random id as Kafka has them; it never begins with a dash, which Kafka would take for an option."""
    return "K" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]


class Kafka(Server):
    """A Kafka node: broker and controller in one process, without authentication, on the loopback interface.

    By default it is a cluster of one node. `KafkaCluster` gives each of its nodes an id, the controller ports of all
    nodes (`voters`), and the same `cluster_id`.
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
        session_seconds: int = SHORT_SESSION,
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
        self._session_seconds = session_seconds

    @property
    def bootstrap_servers(self) -> str:
        """The KAFKA_BOOTSTRAP_SERVERS."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The product's settings to connect to it."""
        return {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers}

    def install(self, say: Say) -> None:
        """Download Apache Kafka, once for this user."""
        if not has_all_jars():
            say("Fetching Apache Kafka from Maven Central (44 MB, once for this user)")
            argv = (sys.executable, "-m", "devstack.kafka.fetch")
            self.run_step(Command("fetching Apache Kafka", argv, self.log, folder=CHECKOUT))

    def prepare(self) -> None:
        """Write the settings, and format the data folder unless that was done."""
        temporary = self.folder / TEMPORARY  # Java's libraries unpack files into it, and a killed JVM leaves them there
        remove_folder(temporary)
        temporary.mkdir()
        shutil.copyfile(LOGGING, self.folder / LOGGING.name)
        build_folder(self.folder / DATA, self._format)
        write_properties(self.folder / PROPERTIES, self.settings(DATA))

    def command(self) -> Command:
        """The command of the broker; SIGTERM shuts it down cleanly."""
        options = ALONE if len(self._voters) == 1 else IN_A_CLUSTER
        return self._java(self.name, *options, "kafka.Kafka", str(PROPERTIES))

    def is_ready(self) -> bool:
        """Whether the broker, and no other program, has opened its port; it does so when it is up."""
        return self.process is not None and self.process.listens_on(self.port)

    def settings(self, data: Path) -> dict[str, str]:
        return server_properties(
            node_id=self._node_id,
            port=self.port,
            controller_port=self.controller_port,
            voters=self._voters,
            data=data,
            session_seconds=self._session_seconds,
        )

    def _format(self, data: Path) -> None:
        properties = self.folder / "format.properties"
        write_properties(properties, self.settings(data.relative_to(self.folder)))
        tool = ("kafka.tools.StorageTool", "format", "-t", self._cluster_id, "-c", properties.name)
        self.run_step(self._java("formatting Kafka's data folder", *BRIEF, *tool, *self.format_options))
        properties.unlink()

    def _java(self, name: str, *arguments: str) -> Command:
        argv = (str(find_java()), *JVM, "-cp", class_path(), *arguments)
        return Command(name, argv, self.log, ENVIRONMENT, self.folder, stop_seconds=3.5)
