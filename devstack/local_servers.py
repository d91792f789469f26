"""The servers of `make run`: our own, unless the environment names others."""

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

BROKERS = (1, 3, 5)  # odd numbers: an even one stands no more failures than one less


@dataclass(frozen=True)
class LocalServers:
    """PostgreSQL and Kafka as far as we run them, in the order in which others need them."""

    servers: Sequence[Server]
    environment: Mapping[str, str]  # what the product needs to find them
    owner_url: str  # DATABASE_URL of who migrates: the same as the product's where the environment names the server

    @property
    def given(self) -> list[str]:
        """The variables that name servers of somebody else."""
        return [variable for variable in ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS") if os.environ.get(variable)]


def local_servers(home: Home, registry: Registry, *, brokers: int = 1) -> LocalServers:
    """What has to be started; a service that DATABASE_URL or KAFKA_BOOTSTRAP_SERVERS names is used as it is.

    Raises:
        DevstackError: the data folder's events are on another number of brokers.
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
    """Where so many brokers have their data.

    Raises:
        DevstackError: there is data of another number: events that are under way there would be left behind.
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
