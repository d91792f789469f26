import subprocess
import sys

import psutil
import pytest

from devstack.postgres.postmaster import end_stale_postmaster
from tests.unit.devstack.programs import SLEEP


@pytest.fixture
def process():
    with subprocess.Popen([sys.executable, "-c", SLEEP], stdout=subprocess.DEVNULL) as process:
        yield process
        process.kill()


def record(folder, pid, started):
    path = folder / "postmaster.pid"
    path.write_text(f"{pid}\n{folder}\n{started:.0f}\n5432\n\n127.0.0.1\n")
    return path


def test_a_record_whose_pid_a_stranger_has_is_removed_and_the_stranger_lives(tmp_path, process):
    path = record(tmp_path, process.pid, psutil.Process(process.pid).create_time() - 3600)

    end_stale_postmaster(tmp_path)

    assert not path.exists()
    assert process.poll() is None


def test_a_server_that_was_left_behind_is_ended(tmp_path, process):
    path = record(tmp_path, process.pid, psutil.Process(process.pid).create_time())

    end_stale_postmaster(tmp_path)

    assert process.wait(10) < 0
    assert not path.exists()


@pytest.mark.parametrize("content", ["", "12", "x\ny\nz\n"])
def test_a_record_that_was_never_finished_is_removed(tmp_path, content):
    (tmp_path / "postmaster.pid").write_text(content)

    end_stale_postmaster(tmp_path)

    assert not (tmp_path / "postmaster.pid").exists()


def test_no_record_is_no_work(tmp_path):
    end_stale_postmaster(tmp_path)

    assert list(tmp_path.iterdir()) == []
