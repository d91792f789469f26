"""The supervision of `devstack run`, on a product made of stubs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from devstack.ports import free_port, is_free, is_open
from devstack.processes import tree
from devstack.product import services, services_here
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
if sys.argv[1] == "prepare":
    print("Migrating the database", flush=True)
    while os.path.exists("hold"):
        time.sleep(0.05)
    if os.path.exists("fail"):
        sys.exit("CommandError: topic orders has 3 partitions")
if "--demo" in sys.argv:
    print(json.dumps({"admin_user": "admin", "api_token": "token"}))
if sys.argv[1] in ("consume_orders", "relay_outbox"):
    import socket
    metrics = socket.create_server(("127.0.0.1", int(os.environ["METRICS_PORT"])))
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
    """`devstack run` in a folder of its own, which can be started again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.metrics_port = _free_ports_in_a_row()
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
                env=inherited
                | {"PORT": str(self.port), "METRICS_PORT": str(self.metrics_port), "PYTHONPATH": str(CHECKOUT)},
                stdout=written,
                stderr=written,
            )

    def begin(self) -> None:
        self.process = self.devstack("run", self.output)

    def ensure_running(self) -> None:
        if self.process is None or self.process.poll() is not None:
            self.begin()
            self.wait_for("Orderflow is running")

    def ensure_stopped(self) -> None:
        if self.process and self.process.poll() is None:
            assert self.send(signal.SIGTERM) == 0

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

    def home_port(self, name: str) -> int:
        return int(json.loads((self.folder / ".devstack" / "ports.json").read_text())[name])

    def demo(self) -> dict[str, str]:
        return json.loads((self.folder / ".devstack" / "demo.json").read_text())


def _free_ports_in_a_row() -> int:
    """The first of as many free ports as there are processes with metrics at most."""
    needed = len(services(0))
    return next(port for port in iter(free_port, None) if all(map(is_free, range(port, port + needed))))


@pytest.fixture(scope="module")
def _run(tmp_path_factory):
    run = Run(tmp_path_factory.mktemp("run"))
    yield run
    run.ensure_stopped()
    assert run.devstack("clean", run.output).wait(60) == 0
    assert not (run.folder / ".devstack").exists()


@pytest.fixture
def run(_run):
    """A run that is ready."""
    _run.ensure_running()
    return _run


@pytest.fixture
def preparing(_run):
    """A run whose `prepare` does not end until the file `hold` is deleted."""
    _run.ensure_stopped()
    hold = _run.folder / "hold"
    hold.touch()
    _run.begin()
    yield _run
    hold.unlink(missing_ok=True)
    (_run.folder / "fail").unlink(missing_ok=True)
    _run.ensure_stopped()


def test_everything_is_up_and_told(run):
    services = services_here(run.port, cores=os.cpu_count() or 1)
    assert set(run.recorded()) == {"postgresql", "kafka", *services}
    assert is_web_ready(run.port)
    assert run.demo()["url"] == f"http://127.0.0.1:{run.port}"
    assert run.demo()["admin_password"] in run.output.read_text()


def test_an_exported_metrics_port_is_that_of_the_first_and_the_others_have_those_after_it(run):
    _web, *others = services_here(run.port, cores=os.cpu_count() or 1)

    for number, name in enumerate(others):
        assert is_open(run.metrics_port + number)
        assert f", {name} :{run.metrics_port + number}" in run.output.read_text()


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


def test_a_server_that_is_killed_while_the_set_up_needs_it_comes_back(preparing):
    preparing.wait_for("Migrating the database")
    wait_until(lambda: "kafka" in preparing.recorded() and "postgresql" in preparing.recorded(), within=60)
    wait_until(lambda: is_open(preparing.home_port("kafka")), within=60)
    killed = preparing.recorded()["kafka"]
    psutil.Process(killed).kill()

    preparing.wait_for("kafka was killed by SIGKILL; starting it again")
    wait_until(lambda: preparing.recorded().get("kafka", killed) != killed, within=60)
    (preparing.folder / "hold").unlink()
    preparing.wait_for("Orderflow is running")


def test_another_program_that_takes_the_port_meanwhile_is_not_taken_for_the_web_server(preparing):
    """sonichi/sutando#1658: a port that is occupied was taken for a program that runs."""
    preparing.wait_for("Migrating the database")
    argv = [sys.executable, "-m", "config.web", "--port", str(preparing.port)]  # answers 200 to everything
    other = subprocess.Popen(argv, cwd=preparing.folder)
    try:
        wait_until(lambda: is_web_ready(preparing.port), within=30)
        (preparing.folder / "hold").unlink()

        preparing.wait_for("web ended with status 1; starting it again in 1 s")
        assert "All are ready" not in preparing.output.read_text()
    finally:
        other.kill()
        other.wait(10)
    preparing.wait_for("Orderflow is running")


def test_ctrl_c_during_the_set_up_stops_it_all(preparing):
    preparing.wait_for("Migrating the database")
    wait_until(lambda: {"kafka", "manage.py prepare"} <= preparing.recorded().keys(), within=60)
    preparing.recorded()

    assert preparing.send(signal.SIGINT) == 0

    assert all(is_gone(pid) for pid in preparing.seen)
    assert "Orderflow is running" not in preparing.output.read_text()


def test_a_set_up_that_fails_says_why_and_stops_the_servers(preparing):
    (preparing.folder / "fail").touch()
    (preparing.folder / "hold").unlink()

    assert preparing.process.wait(120) == 1

    assert "devstack: manage.py prepare failed." in preparing.output.read_text()
    assert preparing.output.read_text().endswith("CommandError: topic orders has 3 partitions\n")
    assert "Starting web" not in preparing.output.read_text()
    assert all(is_gone(pid) for pid in preparing.seen)
