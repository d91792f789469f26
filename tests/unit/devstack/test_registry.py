import json
import subprocess
import sys
from dataclasses import asdict

import psutil
import pytest

from devstack.processes import tree
from devstack.processes.registry import Recorded, clean_up
from tests.unit.devstack.programs import PARENT, SLEEP, STUBBORN, child_pid, is_gone, said
from tests.waiting import wait_until

# A supervisor that starts one process and tells both.
SUPERVISOR = """
import sys, time
from pathlib import Path
from devstack.processes.command import Command
from devstack.processes.process import Process
from devstack.processes.registry import Registry

folder = Path(sys.argv[1])
registry = Registry(folder / "processes.json")
registry.open()
Process(Command("parent", (sys.executable, "-c", sys.argv[2]), folder / "parent.log"), registry).start()
print("started", flush=True)
time.sleep(600)
"""


@pytest.fixture
def stranger():
    """A process that has nothing to do with us."""
    with subprocess.Popen([sys.executable, "-c", SLEEP], stdout=subprocess.DEVNULL) as process:
        yield process
        process.kill()


def write(path, *processes, token="nobody"):
    path.write_text(json.dumps({"token": token, "processes": [asdict(process) for process in processes]}))


def test_a_supervisor_killed_with_9_leaves_nothing_that_the_next_start_does_not_end(tmp_path):
    with subprocess.Popen([sys.executable, "-c", SUPERVISOR, tmp_path, PARENT], stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout
        supervisor.stdout.readline()
        log = tmp_path / "parent.log"
        wait_until(lambda: "child" in log.read_text())
        supervisor.kill()
    parent = json.loads((tmp_path / "processes.json").read_text())["processes"][0]["pid"]
    grandchild = int(log.read_text().split("child ")[1].split()[0])
    assert not is_gone(parent)

    assert clean_up(tmp_path / "processes.json", grace=1) == ["parent"]

    assert is_gone(parent)
    assert is_gone(grandchild)


def test_a_stranger_that_got_the_recorded_pid_is_left_alone(tmp_path, stranger):
    an_hour_earlier = psutil.Process(stranger.pid).create_time() - 3600
    write(tmp_path / "processes.json", Recorded("web", stranger.pid, an_hour_earlier))

    assert clean_up(tmp_path / "processes.json", grace=1) == []

    assert stranger.poll() is None


def test_what_outlived_its_recorded_parent_is_ended(make_process, tmp_path, registry):
    process = make_process(PARENT)
    process.start()
    wait_until(lambda: said(process, "child"))
    psutil.Process(process.pid).kill()
    process.wait()

    clean_up(registry.path, grace=0)

    assert is_gone(child_pid(process))


def test_a_process_started_a_moment_before_it_could_be_recorded_is_ended(make_process, registry):
    process = make_process()
    process.start()
    write(registry.path, token=registry.token)

    clean_up(registry.path, grace=0)

    assert is_gone(process.pid)


def test_what_does_not_listen_is_killed_after_the_grace(make_process, registry):
    process = make_process(STUBBORN)
    process.start()
    wait_until(lambda: said(process, "ready"))

    clean_up(registry.path, grace=0.1)

    assert is_gone(process.pid)


def test_a_missing_registry_or_one_that_was_never_finished_is_no_error(tmp_path):
    unfinished = tmp_path / "processes.json"
    unfinished.write_text('{"token": "12')

    assert clean_up(unfinished, grace=1) == []
    assert clean_up(tmp_path / "missing.json", grace=1) == []


def test_a_process_that_ended_is_forgotten(make_process, registry):
    process = make_process()
    process.start()
    process.stop()

    assert json.loads(registry.path.read_text())["processes"] == []


def test_a_stack_inside_a_stack_carries_both_tokens(monkeypatch):
    monkeypatch.setenv(tree.OWNER_VARIABLE, "outer")

    assert tree.marks("inner") == {tree.OWNER_VARIABLE: "outer:inner"}


def test_closing_ends_what_is_still_marked(make_process, registry):
    process = make_process()
    process.start()

    registry.close()

    assert is_gone(process.pid)
    assert not registry.path.exists()
