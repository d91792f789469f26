"""The whole product as real processes on a PostgreSQL and a Kafka of its own, to be watched, paused and killed."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import psycopg2
import urllib3

from devstack import product
from devstack.kafka.broker import Kafka
from devstack.kafka.cluster import KafkaCluster
from devstack.ports import free_port
from devstack.postgres.server import Postgres
from devstack.processes.command import Command
from devstack.processes.process import Process
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = """sku,name,unit_price,currency,tax_rate,on_hand
TEST-BAG,A bag for tests,1.65,GBP,0.2,900000
TEST-CUP,A cup for tests,2.50,GBP,0,900000
"""
SERVICES = ("web", "orders", "inventory", "invoicing", "relay")


class System:
    """PostgreSQL, Kafka, and the product's processes by name; a second of a kind is called "orders-2"."""

    def __init__(self, folder: Path, kafka: Kafka | KafkaCluster) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgresql")
        self.kafka = kafka
        self.port = free_port()
        self.processes: dict[str, Process] = {}
        self.token = ""
        self._log_starts: dict[str, int] = {}
        self._metrics_ports: dict[str, int] = {}
        self.http = urllib3.PoolManager(maxsize=64, retries=False, timeout=20.0)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.postgres.url,
            **self.kafka.environment,
            "SECRET_KEY": "only-for-tests",
            "STATIC_ROOT": str(self.folder / "static"),
            "DEMO_ADMIN_PASSWORD": "only-for-tests",
            "PYTHONUNBUFFERED": "1",
            "KAFKA_SESSION_TIMEOUT_MS": "2000",
            "ALLOW_CRASH_AT": "on",
            "TMPDIR": str(self.folder),  # what a killed process leaves goes with it
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "INFO",
        }

    def start(self, *names: str, **settings: str) -> None:
        """Start processes; those named are to be known to `devstack.product`, but for a number behind a dash.

        Further arguments are settings that they get besides.
        """
        services = product.services(self.port)
        for name in names:
            log = self.folder / f"{name}.log"
            argv = services[name.split("-", maxsplit=1)[0]]
            metrics = {} if name == "web" else {"METRICS_PORT": str(self.metrics_port(name))}
            environment = self.environment | metrics | settings
            self.processes[name] = Process(Command(name, argv, log, folder=ROOT, environment=environment))
            self._log_starts[name] = log.stat().st_size if log.exists() else 0
            self.processes[name].start()
        if "web" in names:
            wait_until(lambda: self.get("/health/live").status == 200, within=60, what="web answers")

    def metrics_port(self, name: str) -> int:
        """The port where a process has its metrics, whenever it runs."""
        return self.port if name == "web" else self._metrics_ports.setdefault(name, free_port())

    def settle(self, *names: str) -> None:
        """Wait until consumers and relays that were started are at work: before, they would not mind a signal."""
        for name in names:
            wait_until(lambda name=name: self._has_started(name), within=60, what=f"{name} is at work")

    def _has_started(self, name: str) -> bool:
        text = (self.folder / f"{name}.log").read_bytes()[self._log_starts[name] :]
        return name == "web" or b"_started" in text

    def stop(self, *names: str) -> dict[str, int | None]:
        """Send SIGTERM to all at once; returns their exit statuses."""
        stopping = {name: self.processes[name] for name in names or self.processes}
        with ThreadPoolExecutor(max(1, len(stopping))) as pool:
            list(pool.map(lambda process: process.stop(10), stopping.values()))
        return {name: process.exit_status for name, process in stopping.items()}

    def kill(self, *names: str) -> None:
        for name in names:
            self.processes[name].kill()

    def manage(self, *arguments: str, check: bool = True, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with these settings besides; as the running product's role by itself."""
        return subprocess.run(
            product.manage(*arguments),
            env=os.environ | self.environment | settings,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=240,
            check=check,
        )

    def prepare(self) -> None:
        """Migrate, create topics, load the demo, and products that no file of real orders asks for."""
        (self.folder / "static").mkdir()
        self.token = json.loads(
            self.manage("prepare", "--demo", DATABASE_URL=self.postgres.owner_url).stdout.splitlines()[-1]
        )["api_token"]
        catalogue = self.folder / "catalogue.csv"
        catalogue.write_text(CATALOGUE)
        self.manage("import_catalogue", str(catalogue))

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        return self.request("GET", path)

    def request(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **kw: Any) -> Any:
        """Send a request; the status is 0 if the server can't be reached or the connection broke."""
        try:
            return self.http.request(
                method,
                f"http://127.0.0.1:{self.port}{path}",
                headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
                **kw,
            )
        except urllib3.exceptions.HTTPError:
            return urllib3.HTTPResponse(status=0)

    def submit(self, path: str, form: Mapping[str, str], **kw: Any) -> Any:
        """Send a form, as a browser sends those of our pages."""
        return self.request("POST", path, fields=form, encode_multipart=False, **kw)

    def place_all(self, keys: Sequence[str]) -> list[Any]:
        """An order for each key at the same time, with the key as its reference too; the answers, in order.

        Who is told that the server is overloaded asks again.
        """
        with ThreadPoolExecutor(max(1, len(keys))) as pool:
            return list(pool.map(self._place_politely, keys))

    def _place_politely(self, key: str) -> Any:
        return wait_until(lambda: (a := self.place(key=key, reference=key)) and not is_overloaded(a) and a, within=60)

    def place(
        self,
        quantity: int = 1,
        *,
        key: str = "",
        reference: str = "by a test",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Place an order of bags, of which there are 900,000; with a new key by default."""
        body = {"customer_id": "C-1", "reference": reference, "lines": [{"sku": "TEST-BAG", "quantity": quantity}]}
        headers = {"Idempotency-Key": key or uuid4().hex, **(headers or {})}
        return self.request("POST", "/orders", json=body, headers=headers)

    def order(self, order_id: str) -> dict[str, Any]:
        return dict(self.get(f"/orders/{order_id}").json())

    def invoiced(self, order_id: str) -> dict[str, Any]:
        """Wait until an order has its invoice; returns the order."""
        wait_until(lambda: self.order(order_id)["invoice_number"], within=60, what=f"{order_id} is invoiced")
        return self.order(order_id)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query as superuser; returns its rows."""
        connection = psycopg2.connect(self.postgres.admin_url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def count(self, sql: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {sql}")[0][0])

    def logged(self, name: str) -> list[dict[str, Any]]:
        """The log lines of a process so far; without one that is being written."""
        lines = (self.folder / f"{name}.log").read_text(errors="replace").rpartition("\n")[0].splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def events(self, name: str, event: str) -> list[dict[str, Any]]:
        return [line for line in self.logged(name) if line["event"] == event]

    def workers(self) -> list[psutil.Process]:
        """The workers of the web server, without one that has just ended."""
        workers = []
        for child in psutil.Process(self.processes["web"].pid).children():
            with suppress(psutil.NoSuchProcess):  # a zombie, too
                if "spawn_main" in " ".join(child.cmdline()):
                    workers.append(child)
        return workers

    def worker_deaths(self) -> int:
        """The number of times that a worker of the web server has died."""
        return (self.folder / "web.log").read_text(errors="replace").count("] died")

    def audit(self) -> dict[str, Any]:
        """The report of audit_pipeline, which must have no violations."""
        done = self.manage("audit_pipeline", "--json", check=False)
        report: dict[str, Any] = json.loads(done.stdout)
        assert report["violations"] == [], report["violations"]
        assert done.returncode == 0
        return report


def is_overloaded(answer: Any) -> bool:
    """Whether a response is a rejection because of overload."""
    return answer.status == 503 and answer.json()["type"] == "urn:orderflow:problem:overloaded"


@contextmanager
def running_system(folder: Path, kafka: Kafka | KafkaCluster | None = None) -> Iterator[System]:
    """A prepared system with one process of each kind, on one Kafka broker unless it is given others."""
    system = System(folder, kafka or Kafka(folder / "kafka"))
    with system.postgres, system.kafka:
        try:
            system.prepare()
            system.start(*SERVICES)
            yield system
        finally:
            for process in system.processes.values():
                process.kill()
