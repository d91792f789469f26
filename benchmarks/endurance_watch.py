"""Samples of all processes every few seconds: memory, threads, open files, connections, outbox and lag."""

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
from kafka import KafkaAdminClient, KafkaConsumer

from benchmarks.instance import Instance
from devstack.postgres.server import Postgres
from devstack.processes.process import Process

SAMPLE_INTERVAL = 5.0  # seconds
GROUPS = ("orders", "inventory", "invoicing")

_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"


class Watch:
    """Takes samples inside a `with` block: {"at": seconds, figure: value}, each also as a line of the file `path`."""

    def __init__(self, ours: Instance, database: Any, path: Path) -> None:
        self._ours, self._database, self._path = ours, database, path
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch")
        self.samples: list[dict[str, float]] = []
        self.failure: BaseException | None = None

    def series(self, name: str) -> list[tuple[float, float]]:
        """A figure over time."""
        return [(sample["at"], sample[name]) for sample in self.samples if name in sample]

    def names(self) -> list[str]:
        """All figures, in the order in which they were first seen."""
        return [name for name in dict.fromkeys(name for sample in self.samples for name in sample) if name != "at"]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with self._path.open("a", encoding="utf-8") as file, Lag(self._ours) as lag:
                began = time.monotonic()
                while not self._stopping.wait(SAMPLE_INTERVAL):
                    sample = {"at": round(time.monotonic() - began, 1)} | self._sample() | lag.sample()
                    self.samples.append(sample)
                    print(json.dumps(sample), file=file, flush=True)
        except BaseException as error:
            self.failure = error  # raised again by the main thread
            raise

    def _sample(self) -> dict[str, float]:
        with self._database.cursor() as cursor:
            found = {}
            for name, query in (
                ("invoices", "SELECT coalesce(max(last), 0) FROM invoicing_invoicecounter"),
                ("outbox", "SELECT count(*) FROM messaging_outboxmessage"),
                ("connections", _CONNECTIONS),
            ):
                cursor.execute(query)
                found[name] = float(cursor.fetchone()[0])
        return found | _processes(self._ours.families)


class Lag:
    """The lag of the consumer groups in records, by Kafka's offsets."""

    def __init__(self, ours: Instance) -> None:
        servers = ours.environment["KAFKA_BOOTSTRAP_SERVERS"]
        self._groups = [ours.environment["KAFKA_GROUP_PREFIX"] + group for group in GROUPS]
        self._admin = KafkaAdminClient(bootstrap_servers=servers)
        self._consumer = KafkaConsumer(bootstrap_servers=servers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._admin.close()
        self._consumer.close()

    def sample(self) -> dict[str, float]:
        lag = 0
        for group in self._groups:
            taken = self._admin.list_consumer_group_offsets(group)
            ends = self._consumer.end_offsets(list(taken)) if taken else {}
            lag += sum(ends[partition] - offset.offset for partition, offset in taken.items())
        return {"lag": float(lag)}


def _processes(families: Mapping[str, Process]) -> dict[str, float]:
    """Memory in MB, threads and open files of each service with its descendants."""
    found: dict[str, float] = {}
    for name, family in families.items():
        short = name.rsplit(".", maxsplit=1)[-1]
        members = [figures for one in family.family() if (figures := _figures(one, name))]
        for index, what in enumerate(("MB", "threads", "files")):
            found[f"{short} {what}"] = round(sum(figures[index] for figures in members), 1)
    return found


def _figures(process: psutil.Process, name: str) -> tuple[float, int, int] | None:
    """Memory in MB, threads and open files of a process; None if it has ended.

    Of PostgreSQL's processes private memory only: their resident memory includes the shared memory each time.
    """
    with suppress(psutil.Error, OSError):
        memory = _private(process.pid) if name == Postgres.name else process.memory_info().rss
        return memory / 1024**2, process.num_threads(), process.num_fds()
    return None


def _private(pid: int) -> int:
    """Bytes of private (anonymous) memory."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0
