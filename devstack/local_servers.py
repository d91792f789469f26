"""The servers of `make run`: started by it, unless the environment names others."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import DevstackError
from devstack.home import Home
from devstack.kafka.broker import Kafka
from devstack.kafka.cluster import KafkaCluster
from devstack.postgres.server import Postgres
from devstack.processes.registry import Registry
from devstack.server import Server

BROKERS = (1, 3, 5)  # odd: an even number of controllers tolerates no more failures than one less


@dataclass(frozen=True)
class LocalServers:
    """The PostgreSQL and Kafka servers that `make run` starts, in the order of their start.

    Attributes:
        environment: the product's settings to connect to them, or to the servers that the environment names.
        owner_url: the DATABASE_URL for migrations; the product's where the environment names the server.
    """

    servers: Sequence[Server]
    environment: Mapping[str, str]
    owner_url: str

    @property
    def given(self) -> list[str]:
        """The variables of the environment that name servers."""
        return [variable for variable in ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS") if os.environ.get(variable)]


def local_servers(home: Home, registry: Registry, *, brokers: int = 1) -> LocalServers:
    """The servers to start; one that DATABASE_URL or KAFKA_BOOTSTRAP_SERVERS names is used instead.

    Raises:
        DevstackError: the data folder was made with another number of brokers.
    """
    servers: list[Server] = []
    environment: dict[str, str] = {}
    if owner_url := os.environ.get("DATABASE_URL"):
        environment["DATABASE_URL"] = owner_url
    else:
        postgres = _postgres(home, registry)
        servers.append(postgres)
        environment["DATABASE_URL"], owner_url = postgres.url, postgres.owner_url
    if bootstrap_servers := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        environment["KAFKA_BOOTSTRAP_SERVERS"] = bootstrap_servers
    else:
        folder = kafka_folder(home.folder, brokers)
        kafka = _kafka(folder, home, registry) if brokers == 1 else _cluster(folder, home, registry, brokers)
        servers += [kafka] if isinstance(kafka, Kafka) else kafka.brokers.values()
        environment |= kafka.environment
    return LocalServers(servers, environment, owner_url)


def kafka_folder(home: Path, brokers: int) -> Path:
    """The data folder of so many brokers.

    Raises:
        DevstackError: there is data of another number of brokers, whose events would be lost.
    """
    names = {"kafka": 1} | {f"kafka-of-{number}": number for number in BROKERS if number > 1}
    for name, number in names.items():
        if number != brokers and (home / name).exists():
            raise DevstackError(
                f"the events of this data folder are on {number} Kafka broker{'s'[: number - 1]}: "
                f"run it with --brokers {number}, or delete all data first with `make clean`"
            )
    return home / ("kafka" if brokers == 1 else f"kafka-of-{brokers}")


def _postgres(home: Home, registry: Registry) -> Postgres:
    return Postgres(
        home.folder / "postgresql",
        port=home.port("postgresql"),
        log=home.log("postgresql"),
        registry=registry,
    )


def _kafka(folder: Path, home: Home, registry: Registry) -> Kafka:
    return Kafka(
        folder,
        port=home.port("kafka"),
        controller_port=home.port("kafka-controller"),
        log=home.log("kafka"),
        registry=registry,
    )


def _cluster(folder: Path, home: Home, registry: Registry, brokers: int) -> KafkaCluster:
    return KafkaCluster(folder, brokers=brokers, port=home.port, log=home.log, registry=registry)
