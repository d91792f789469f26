"""The servers of `make run`: our own, unless the environment names others."""

import os
from dataclasses import dataclass

from devstack.home import Home
from devstack.kafka import Kafka
from devstack.postgres import Postgres
from devstack.registry import Registry
from devstack.server import Server


@dataclass(frozen=True)
class LocalServers:
    """PostgreSQL and Kafka as far as we run them, in the order in which others need them."""

    servers: list[Server]
    database_url: str
    kafka_bootstrap_servers: str

    @property
    def given(self) -> list[str]:
        """The variables that name servers of somebody else."""
        return [variable for variable in self.environment if os.environ.get(variable)]

    @property
    def environment(self) -> dict[str, str]:
        """What the product needs to find them."""
        return {"DATABASE_URL": self.database_url, "KAFKA_BOOTSTRAP_SERVERS": self.kafka_bootstrap_servers}


def local_servers(home: Home, registry: Registry) -> LocalServers:
    """What has to be started; a service that DATABASE_URL or KAFKA_BOOTSTRAP_SERVERS names is used as it is."""
    servers: list[Server] = []
    database_url = os.environ.get("DATABASE_URL", "")
    if not database_url:
        postgres = _postgres(home, registry)
        servers.append(postgres)
        database_url = postgres.url
    bootstrap_servers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "")
    if not bootstrap_servers:
        kafka = _kafka(home, registry)
        servers.append(kafka)
        bootstrap_servers = kafka.bootstrap_servers
    return LocalServers(servers, database_url, bootstrap_servers)


def _postgres(home: Home, registry: Registry) -> Postgres:
    return Postgres(
        home.folder / "postgresql",
        port=home.port("postgresql"),
        log=home.log("postgresql"),
        registry=registry,
    )


def _kafka(home: Home, registry: Registry) -> Kafka:
    return Kafka(
        home.folder / "kafka",
        port=home.port("kafka"),
        controller_port=home.port("kafka-controller"),
        log=home.log("kafka"),
        registry=registry,
    )
