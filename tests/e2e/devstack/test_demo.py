"""`make demo`, whole: a shop that lives, with one order that is stuck from the start."""

import json
import os
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
GIVEN = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "STATIC_ROOT")


class Demo:
    """The demo in a folder of links to this checkout, so that it has data of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.output = folder / "checkout", free_port(), folder / "output"
        self.folder.mkdir()
        for entry in ROOT.iterdir():
            if not entry.name.startswith("."):
                (self.folder / entry.name).symlink_to(entry)

    def start(self, **given: str) -> "subprocess.Popen[bytes]":
        start = f"import sys; sys.path.insert(0, {str(self.folder)!r}); from pathlib import Path\n"
        start += (
            "from devstack import __main__ as devstack; devstack.ROOT = Path.cwd(); sys.exit(devstack.main(['demo']))"
        )
        inherited = {name: value for name, value in os.environ.items() if name not in GIVEN}
        with self.output.open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-c", start],
                cwd=self.folder,
                env=inherited | {"PORT": str(self.port)} | given,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def said(self) -> str:
        return self.output.read_text()

    def kept(self, name: str) -> dict:
        return json.loads((self.folder / ".devstack" / name).read_text())

    def get(self, path: str):
        headers = {"Authorization": f"Bearer {self.kept('demo.json')['api_token']}"}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("GET", path, headers=headers)
            return json.load(connection.getresponse())


@pytest.fixture
def demo(tmp_path):
    return Demo(tmp_path)


def test_orders_become_invoices_one_waits_as_a_dead_letter_and_everything_ends_with_it(demo):
    process = demo.start()
    try:
        wait_until(lambda: process.poll() is not None or "The demo is running" in demo.said(), within=180)
        assert process.poll() is None, demo.said()
        wait_until(lambda: len(demo.get("/invoices")["results"]) >= 3, within=60, what="orders become invoices")

        stuck = demo.kept("demo.json")["stuck_order"]
        assert stuck in demo.said()
        (placed, *_) = demo.get(f"/orders/{stuck.split('/')[-3]}/events")
        assert [one["state"] for one in placed["handled"]] == ["dead_letter"]
        assert "No terminal, no keys." in demo.said()
        pids = [each["pid"] for each in demo.kept("processes.json")["processes"]]
        assert len(pids) >= 5
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0

    assert not [pid for pid in pids if psutil.pid_exists(pid)]


def test_it_breaks_no_servers_that_it_has_not_started(demo):
    process = demo.start(DATABASE_URL="postgres://somebody@db.example.com/shop")

    assert process.wait(30) == 1
    assert "unset DATABASE_URL" in demo.said()
