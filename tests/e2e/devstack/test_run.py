"""`devstack run` on a product made of stubs: only the supervision is looked at."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from devstack import tree
from devstack.ports import free_port
from devstack.readiness import is_web_ready
from tests.unit.devstack.programs import is_gone
from tests.waiting import wait_until

CHECKOUT = Path(__file__).resolve().parents[3]

DEVSTACK = """
import sys
from pathlib import Path
from devstack import __main__ as devstack
devstack.ROOT = Path.cwd()
sys.exit(devstack.main(sys.argv[1:]))
"""

MANAGE = """
import json, os, signal, sys, time
with open("manage.calls", "a") as calls:
    print(*sys.argv[1:], file=calls)
if "--demo" in sys.argv:
    print(json.dumps({"admin_user": "admin", "api_token": "token"}))
if sys.argv[1] in ("consume_orders", "relay_outbox"):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        time.sleep(1)
"""

WEB = """
import signal, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"results": [{"sku": "TEA"}]}')

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""


class Run:
    """`devstack run` in a folder of its own, over and over again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.output = folder / "output"
        self.process: subprocess.Popen[bytes] | None = None
        self.seen: set[int] = set()
        (folder / "config").mkdir()
        (folder / "config" / "__init__.py").touch()
        (folder / "config" / "web.py").write_text(WEB)
        (folder / "manage.py").write_text(MANAGE)

    def devstack(self, action: str, output: Path) -> "subprocess.Popen[bytes]":
        given = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "STATIC_ROOT")
        inherited = {name: value for name, value in os.environ.items() if name not in given}
        with output.open("wb") as written:
            return subprocess.Popen(
                [sys.executable, "-c", DEVSTACK, action],
                cwd=self.folder,
                env=inherited | {"PORT": str(self.port), "PYTHONPATH": str(CHECKOUT)},
                stdout=written,
                stderr=written,
            )

    def ensure_running(self) -> None:
        if self.process is None or self.process.poll() is not None:
            self.process = self.devstack("run", self.output)
            self.wait_for("Orderflow is running")

    def wait_for(self, words: str) -> None:
        wait_until(lambda: words in self.output.read_text(), within=120, what=f"it says {words!r}")

    def send(self, signum: signal.Signals) -> int:
        assert self.process
        self.process.send_signal(signum)
        return self.process.wait(20)

    def recorded(self) -> dict[str, int]:
        content = json.loads((self.folder / ".devstack" / "processes.json").read_text())
        pids = {process["name"]: process["pid"] for process in content["processes"]}
        self.seen.update(process.pid for pid in pids.values() for process in tree.family(pid))
        return pids

    def demo(self) -> dict[str, str]:
        return json.loads((self.folder / ".devstack" / "demo.json").read_text())


@pytest.fixture(scope="module")
def _run(tmp_path_factory):
    run = Run(tmp_path_factory.mktemp("run"))
    yield run
    if run.process and run.process.poll() is None:
        assert run.send(signal.SIGTERM) == 0
    assert run.devstack("clean", run.output).wait(60) == 0
    assert not (run.folder / ".devstack").exists()


@pytest.fixture
def run(_run):
    """A run that is up."""
    _run.ensure_running()
    return _run


def test_everything_is_up_and_told(run):
    assert set(run.recorded()) == {"postgresql", "kafka", "web", "orders", "inventory", "invoicing", "relay"}
    assert is_web_ready(run.port)
    assert run.demo()["url"] == f"http://127.0.0.1:{run.port}"
    assert run.demo()["admin_password"] in run.output.read_text()


def test_a_second_run_in_the_same_folder_is_refused(run):
    output = run.folder / "second"

    assert run.devstack("run", output).wait(30) == 1

    assert f"already running here (process {run.process.pid})" in output.read_text()


def test_whatever_crashes_comes_back(run):
    before = run.recorded()
    for pid in before.values():
        psutil.Process(pid).kill()

    def all_are_new():
        now = run.recorded()
        return now.keys() == before.keys() and not set(now.values()) & set(before.values())

    wait_until(all_are_new, within=90)
    wait_until(lambda: is_web_ready(run.port), within=90)
    for name in before:
        run.wait_for(f"{name} was killed by SIGKILL")


def test_after_a_kill_the_next_start_ends_what_was_left_and_runs(run):
    left = run.recorded()
    run.send(signal.SIGKILL)
    assert not is_gone(left["kafka"])

    run.ensure_running()

    assert "left behind" in run.output.read_text()
    assert all(is_gone(pid) for pid in run.seen)


def test_ctrl_c_stops_it_all_and_the_next_start_has_the_same_data(run):
    before = run.demo()
    run.recorded()

    assert run.send(signal.SIGINT) == 0
    assert all(is_gone(pid) for pid in run.seen)

    run.ensure_running()
    assert run.demo() == before
    assert (run.folder / "manage.calls").read_text().count("--demo\n") == 1
