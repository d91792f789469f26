"""The folder with the metrics of a web server's workers."""

import os
import tempfile
from pathlib import Path

import pytest

from config.metrics_folder import metrics_folder


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
