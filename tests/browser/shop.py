"""The product for a browser: web server and consumers as real processes, on a database and topics of their own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg2
from psycopg2.sql import SQL, Identifier

from devstack import product
from devstack.ports import LOOPBACK, free_port, is_open
from devstack.processes.command import Command
from devstack.processes.process import Process
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "only for these tests"
# What a page has to bear: markup, a name without a place to break it, and one that is read from right to left.
ODD_CATALOGUE = f"""sku,name,unit_price,currency,tax_rate,on_hand
ODD-1,"<img src=x onerror=""document.title='hacked'"">",1.00,GBP,0.2,100
ODD-2,{"W" * 200},1.00,GBP,0.2,100
ODD-3,شاي العرب,1.00,GBP,0.2,100
"""


class Shop:
    """A prepared shop with the demo's catalogue; `admin` with PASSWORD may do everything.

    Attributes:
        url: of the web server.
        environment: of its processes.
    """

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.running: dict[str, Process] = {}
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        topics = f"browser-{uuid4().hex[:12]}."
        self.environment = os.environ | {
            **product.DEMO_ISSUER,
            "DATABASE_URL": database_url,
            "SECRET_KEY": "only-for-tests",
            "KAFKA_TOPIC_PREFIX": topics,
            "KAFKA_GROUP_PREFIX": topics,
            "KAFKA_TOPIC_PARTITIONS": "1",
            "STATIC_ROOT": str(folder / "static"),
            "DEMO_ADMIN_PASSWORD": PASSWORD,
            "WEB_WORKERS": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            product.manage(*arguments), env=self.environment, cwd=ROOT, check=True, timeout=240, capture_output=True
        )

    def prepare(self) -> None:
        (self.folder / "static").mkdir()
        self.manage("prepare", "--static", "--demo")

    def add_odd_products(self) -> None:
        catalogue = self.folder / "odd.csv"
        catalogue.write_text(ODD_CATALOGUE)
        self.manage("import_catalogue", str(catalogue))

    def token(self) -> str:
        """A token of an API client of its own."""
        argv = product.manage("create_api_client", f"client-{uuid4().hex[:8]}")
        done = subprocess.run(argv, env=self.environment, cwd=ROOT, check=True, capture_output=True, text=True)
        return done.stdout.split()[-1]

    def execute(self, statement: str) -> None:
        """Run SQL in its database, as who owns everything."""
        with closing(psycopg2.connect(self.environment["DATABASE_URL"])) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)

    def kill(self, name: str) -> None:
        """Kill the web server or the consumers, for good."""
        self.running[name].kill()

    def processes(self) -> list[Process]:
        argv = {"web": product.web(self.port), "consumers": product.manage("consume_orders")}
        return [
            Process(Command(name, each, self.folder / f"{name}.log", self.environment, ROOT))
            for name, each in argv.items()
        ]


@contextmanager
def running_shop(folder: Path) -> Iterator[Shop]:
    """A shop on the servers that DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS name."""
    with _database(os.environ["DATABASE_URL"]) as url:
        shop = Shop(folder, url)
        shop.prepare()
        processes = shop.processes()
        try:
            for process in processes:
                process.start()
                shop.running[process.name] = process
            shop.add_odd_products()  # meanwhile
            wait_until(lambda: is_open(shop.port), within=60, what="the web server listens")
            yield shop
        finally:
            for process in processes:
                process.kill()


@contextmanager
def _database(server_url: str) -> Iterator[str]:
    """A new database beside the one of this URL; its own URL."""
    name = f"browser_{uuid4().hex[:12]}"
    try:
        _execute(server_url, "CREATE DATABASE {}", name)
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        _execute(server_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(server_url: str, statement: str, name: str) -> None:
    connection = psycopg2.connect(server_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(SQL(statement).format(Identifier(name)))
    finally:
        connection.close()
