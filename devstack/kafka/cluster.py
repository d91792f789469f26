"""A Kafka cluster of several brokers, which tests kill one by one or together."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from devstack.files import write_private
from devstack.kafka.broker import Kafka, new_cluster_id
from devstack.kafka.roles import Partition, coordinator, partitions
from devstack.ports import free_port
from devstack.processes.registry import Registry
from devstack.server_context import ServerContext


def _any_port(_name: str) -> int:
    return free_port()


class KafkaCluster(ServerContext):
    """A cluster of `brokers` nodes on the loopback interface, each broker and controller at once, with ids 1, 2, 3, …

    It has the interface of one `Kafka`: `start`, `wait_ready`, `stop`, `kill`, `bootstrap_servers`, `environment`, and
    as a context manager it is ready inside the block.

    Args:
        port: the port of a node or controller, by its name.
        log: the log file of a node, by its name.
    """

    name = "kafka"
    title = "Kafka"
    ready_seconds = 180.0  # a broker waits for the others, and for the session of its former process to time out

    def __init__(
        self,
        folder: Path,
        *,
        brokers: int = 3,
        port: Callable[[str], int] = _any_port,
        log: Callable[[str], Path | None] = lambda _name: None,
        registry: Registry | None = None,
    ) -> None:
        self.folder = folder.resolve()
        voters = {node: port(f"kafka-{node}-controller") for node in range(1, brokers + 1)}
        self.brokers = {
            node: Kafka(
                self.folder / str(node),
                port=port(f"kafka-{node}"),
                controller_port=voters[node],
                node_id=node,
                voters=voters,
                cluster_id=self._cluster_id(),
                log=log(f"kafka-{node}"),
                registry=registry,
            )
            for node in voters
        }

    @property
    def bootstrap_servers(self) -> str:
        """The KAFKA_BOOTSTRAP_SERVERS: all brokers, because any may be down."""
        return ",".join(broker.bootstrap_servers for broker in self.brokers.values())

    @property
    def environment(self) -> dict[str, str]:
        """The product's settings to connect to it, and to replicate its topics to up to three brokers."""
        copies = min(3, len(self.brokers))
        return {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers, "KAFKA_TOPIC_REPLICATION": str(copies)}

    @property
    def is_running(self) -> bool:
        """Whether every broker was started and has not ended; not necessarily ready."""
        return all(broker.is_running for broker in self.brokers.values())

    def start(self) -> None:
        """Start the brokers that do not run, all at once, because each waits for a majority before it is ready.

        Raises:
            DevstackError: one cannot be started.
        """
        _at_once(Kafka.start, [broker for broker in self.brokers.values() if not broker.is_running])

    def wait_ready(self, seconds: float | None = None) -> None:
        """Return once every broker serves clients.

        Raises:
            DevstackError: one ended, or was not ready in time.
        """
        _at_once(lambda broker: broker.wait_ready(seconds or self.ready_seconds), self.brokers.values())

    def stop(self, seconds: float | None = None) -> None:
        """Shut it down cleanly; SIGKILL after `seconds`."""
        _at_once(lambda broker: broker.stop(seconds), self.brokers.values())

    def kill(self, *nodes: int) -> None:
        """Send SIGKILL to these brokers, or to all."""
        for node in nodes or self.brokers:
            self.brokers[node].kill()

    def restart(self, *nodes: int) -> None:
        """Start brokers that were killed, and wait until they serve clients; their replicas may still lag behind."""
        chosen = [self.brokers[node] for node in nodes]
        _at_once(Kafka.start, chosen)
        _at_once(lambda broker: broker.wait_ready(self.ready_seconds), chosen)

    def partitions(self) -> list[Partition]:
        """Every partition of every topic, with its leader and its in-sync replicas.

        Raises:
            KafkaError: no broker answers.
        """
        return partitions(self.bootstrap_servers)

    def coordinator(self, group: str) -> int:
        """The id of the broker that coordinates a consumer group.

        Raises:
            KafkaError: no broker answers, or none is the coordinator at the moment.
        """
        return coordinator(self.bootstrap_servers, group)

    def is_in_sync(self) -> bool:
        """Whether every partition has a leader, and all its replicas are in sync.

        Raises:
            KafkaError: no broker answers.
        """
        return all(partition.is_in_sync for partition in self.partitions())

    def _cluster_id(self) -> str:
        """The cluster's id, made once for each folder: all nodes have to be formatted with the same one."""
        kept = self.folder / "cluster.id"
        if not kept.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_private(kept, new_cluster_id())
        return kept.read_text(encoding="utf-8")


def _at_once(act: Callable[[Kafka], None], brokers: Iterable[Kafka]) -> None:
    chosen = list(brokers)
    with ThreadPoolExecutor(max(1, len(chosen))) as pool:
        list(pool.map(act, chosen))
