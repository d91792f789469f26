import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.operator import Operator
from tests.e2e.system import SERVICES, System, running_system


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def _system(tmp_path_factory) -> Iterator[System]:
    with running_system(tmp_path_factory.mktemp("system")) as system:
        yield system


@pytest.fixture
def system(_system) -> Iterator[System]:
    """The running system; processes that a test has stopped are started again afterwards, and no dead letters are left.

    Before it, too: fixtures of a whole file end after the last test of that file has had this one's.
    """
    _restore(_system)
    yield _system
    _restore(_system)


def _restore(system: System) -> None:
    for server in (system.postgres, system.kafka):
        if not server.is_running:
            server.start()
            server.wait_ready()
    for name in [name for name in system.processes if name not in SERVICES]:
        system.processes.pop(name).kill()
    ended = [name for name in SERVICES if not system.processes[name].is_running]
    system.start(*ended)
    system.settle(*ended)
    if failed := system.query("SELECT id::text FROM messaging_deadletter WHERE state = 'failed'"):
        system.manage("dead_letters", "discard", *(number for (number,) in failed), "--reason", "left by a test")


@pytest.fixture
def operator(system) -> Operator:
    return Operator(system)


@pytest.fixture(scope="session")
def retail_files() -> list[str]:
    """The files of real orders, which are not in the repository. Skips the test without them, but not in CI."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "online-retail"
    files = sorted(str(path) for path in folder.glob("*.csv"))
    if not files and "CI" not in os.environ:
        pytest.skip("the real orders are not here")
    assert len(files) == 9
    return files
