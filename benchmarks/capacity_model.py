"""What so many orders a second need, by what one order took: everything in proportion, with room for peaks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any

RATES = (100, 1_000, 10_000)  # orders a second
UTILISATION = 0.6  # of cores, on average: what waits grows without bound towards 1
MACHINE_CORES = 8
KAFKA_DAYS, KAFKA_COPIES = 7, 3
RETENTION_DAYS = {"messaging_inboxentry": 30, "api_idempotencyrecord": 3}  # README's defaults
SERVERS = ("postgresql", "kafka")  # all others are processes of the product, with a GIL each
GENERATOR = "load generator"


@dataclass(frozen=True)
class Need:
    """What a rate needs; `processes` of the product by name."""

    rate: int
    cores: float
    postgresql_cores: float
    processes: Mapping[str, int]
    connections: int
    wal_rate: float
    kafka_bytes: float
    kept: tuple[tuple[str, float, int | None], ...]

    @property
    def partitions(self) -> int:
        """The least partitions of a topic: one for one process, two for each of several: keys are spread unevenly."""
        consumers = self.processes["consumers"]
        return consumers if consumers == 1 else 2 * consumers

    @property
    def machines(self) -> int:
        return ceil((self.cores - self.postgresql_cores) / MACHINE_CORES)

    def database_bytes(self, days: int) -> float:
        """What PostgreSQL stores after so many days."""
        return sum(
            size * self.rate * 86_400 * (days if kept is None else min(days, kept)) for _, size, kept in self.kept
        )


@dataclass(frozen=True)
class Measured:
    """What an order took: CPU in ms by process, bytes by table, of WAL and of Kafka's logs, one copy each."""

    rate: float
    others: float
    cpu_ms: Mapping[str, float]
    connections: Mapping[str, int]
    bytes_by_table: Mapping[str, float]
    wal_bytes: float
    kafka_bytes: float

    @classmethod
    def of(cls, results: Mapping[str, Any]) -> "Measured":
        """By the results of a growth run: live rates are those with the most orders stored, medians of the rounds."""
        stage = results["stages"][max(results["stages"], key=int)]
        rounds = [each[max(each, key=int)] for each in results["live"]]
        names = [name for name in rounds[0]["cpu"] if name != GENERATOR]
        return cls(
            rate=median(each["rate"] for each in rounds),
            others=median(each["others"] for each in rounds),
            cpu_ms={name: median(1000 * each["cpu"][name] / each["rate"] for each in rounds) for name in names},
            connections={name: max(each["connections"].get(name, 0) for each in rounds) for name in names},
            bytes_by_table={name: sum(parts.values()) for name, parts in stage["bytes_of_an_order"].items()},
            wal_bytes=median(each["wal_bytes"] for each in rounds),
            kafka_bytes=median(each["kafka_bytes"] for each in rounds),
        )

    def kept(self) -> Iterator[tuple[str, float, int | None]]:
        """What PostgreSQL keeps of an order: its name, bytes, and for how many days; None: for ever."""
        forever = sum(size for name, size in self.bytes_by_table.items() if name not in RETENTION_DAYS)
        yield "records of the business and evidence", forever, None
        for name, days in RETENTION_DAYS.items():
            yield name, self.bytes_by_table.get(name, 0.0), days

    def need(self, rate: int) -> Need:
        """What so many orders a second need. A process of the product has one core at most, its GIL."""
        cores = {name: rate * ms / 1000 / UTILISATION for name, ms in self.cpu_ms.items()}
        processes = {name: max(1, ceil(number)) for name, number in cores.items() if name not in SERVERS}
        return Need(
            rate=rate,
            cores=sum(cores.values()),
            postgresql_cores=cores["postgresql"],
            processes=processes,
            connections=sum(number * self.connections.get(name, 0) for name, number in processes.items()),
            wal_rate=rate * self.wal_bytes,
            kafka_bytes=rate * 86_400 * KAFKA_DAYS * KAFKA_COPIES * self.kafka_bytes,
            kept=tuple(self.kept()),
        )
