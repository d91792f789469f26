"""The whole product, in a checkout whose folder has nearly every odd character in its name."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from devstack.ports import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
# Each is a kind that has stopped a server of others: apache/pulsar#21902 (a space splits the options of Java),
# mysticmind/mysticmind-postgresembed#29 (not ASCII), apache/kafka#4469 (the class path); the rest are their siblings.
NAME = "größe 注文, a:b 'c' \"d\" 100%41 $HOME ${e} \\u0041\\n `f` [g] {h} #i! =&;*?~"
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "tests", "benchmarks", "docs", "static")
GIVEN = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "STATIC_ROOT", "LANG", "PYTHONUTF8")


class Checkout:
    """A copy of this checkout, without the packages, since .venv can be anywhere."""

    def __init__(self, top: Path) -> None:
        self.folder, self.temporary, self.port = top / NAME, top / "tmp", free_port()
        self.output, self.gc_log = top / "output", top / "gc.log"
        self.temporary.mkdir()
        shutil.copytree(ROOT, self.folder, ignore=NOT_COPIED)

    def run(self) -> "subprocess.Popen[bytes]":
        environment = {name: value for name, value in os.environ.items() if name not in GIVEN} | {
            "PORT": str(self.port),
            "LC_ALL": "C",  # where Java takes file names for ASCII
            "TMPDIR": str(self.temporary),
            "JAVA_TOOL_OPTIONS": f"-Xlog:gc:file={self.gc_log}",
        }
        with self.output.open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "devstack", "run"],
                cwd=self.folder,
                env=environment,
                stdout=output,
                stderr=output,
            )

    def kept(self, name: str) -> dict:
        return json.loads((self.folder / ".devstack" / name).read_text())


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


@pytest.fixture
def running(checkout):
    process = checkout.run()
    try:
        wait_until(lambda: process.poll() is not None or "is running" in checkout.output.read_text(), within=180)
        assert process.poll() is None, checkout.output.read_text()
        yield checkout
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        shutil.rmtree(checkout.folder)


def call(checkout, path, body=None):
    """Send a request, a POST if there is a body; returns status and body of the response."""
    headers = {"Authorization": f"Bearer {checkout.kept('demo.json')['api_token']}", "Content-Type": "application/json"}
    with closing(HTTPConnection("127.0.0.1", checkout.port, timeout=20)) as connection:
        connection.request("POST" if body else "GET", path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        return answer.status, json.load(answer)


def written(process: psutil.Process) -> set[str]:
    """The files that a process has open for writing."""
    return {file.path for file in process.open_files() if file.mode != "r"}


def test_an_order_becomes_an_invoice_and_kafka_writes_nothing_outside_of_the_project(running):
    status, order = call(running, "/orders", {"customer_id": "C-1", "lines": [{"sku": "20725", "quantity": 2}]})
    assert status == 201
    wait_until(lambda: call(running, f"/orders/{order['id']}")[1]["invoice_number"], within=60)

    pids = {process["name"]: process["pid"] for process in running.kept("processes.json")["processes"]}
    kafka = psutil.Process(pids["kafka"])

    home = f"{running.folder}/.devstack/"
    assert [path for path in written(kafka) if path.startswith(f"{home}kafka/data/orders-")]
    assert [path for path in written(kafka) if not path.startswith(home)] == []
    assert [*running.temporary.glob("hsperfdata*"), *running.temporary.glob("*zstd*")] == []
    assert not (Path("/tmp") / f"hsperfdata_{kafka.username()}" / str(kafka.pid)).exists()
    assert not running.gc_log.exists()
