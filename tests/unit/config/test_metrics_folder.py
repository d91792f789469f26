"""The folder with the metrics of a web server's workers."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from config.metrics_folder import count_alone_without_room, metrics_folder


@pytest.fixture(autouse=True)
def _temporary_files(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/of/somebody/else")


def test_it_is_new_at_each_start_and_gone_at_the_end(tmp_path):
    with metrics_folder():
        first = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
        (first / "counter_1.db").touch()
        with metrics_folder():
            second = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
            assert list(second.iterdir()) == []

    assert first != second
    assert list(tmp_path.iterdir()) == []


def test_a_server_without_a_place_for_it_ends_with_one_line(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")

    refused = pytest.raises(
        SystemExit, match=r"^orderflow: the web server needs a folder for its metrics, .*: No such file"
    )
    with refused, metrics_folder():
        pass


def test_a_server_without_room_for_it_ends_with_one_line(tmp_path, monkeypatch):
    """Its workers would be killed by SIGBUS where they map a file that the disk has no room for."""
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("config.metrics_folder.disk_usage", lambda _folder: usage._replace(free=64 * 1024))

    with pytest.raises(SystemExit, match=r"^orderflow: the web server needs 4 MiB for its metrics"), metrics_folder():
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_finds_no_room_counts_alone(tmp_path, monkeypatch, capsys):
    """The disk has filled up since the server began: each new worker was killed by SIGBUS, until none served."""
    usage = shutil.disk_usage(tmp_path)
    with metrics_folder():
        count_alone_without_room()
        assert "PROMETHEUS_MULTIPROC_DIR" in os.environ

        monkeypatch.setattr("config.metrics_folder.disk_usage", lambda _folder: usage._replace(free=64 * 1024))
        count_alone_without_room()

    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ
    assert "has no room" in capsys.readouterr().err


def test_a_worker_whose_folder_is_gone_counts_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "deleted"))

    count_alone_without_room()

    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ
    assert capsys.readouterr().err.endswith("can't be used: No such file or directory\n")
