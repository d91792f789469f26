"""The heartbeat file and the metrics file."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from messaging import heartbeat
from messaging.heartbeat import Liveness
from messaging.metrics import RENEWALS

LONG_AGO = 1_000_000_000


@pytest.fixture
def file(tmp_path, settings, monkeypatch) -> Path:
    monkeypatch.setattr(heartbeat, "process_heartbeat", heartbeat.Heartbeat())
    monkeypatch.setattr(heartbeat, "process_metrics_file", heartbeat.MetricsFile())
    settings.HEARTBEAT_FILE = str(tmp_path / "heartbeat")
    return tmp_path / "heartbeat"


def forget(file: Path) -> None:
    os.utime(file, (LONG_AGO, LONG_AGO))


def is_fresh(file: Path) -> bool:
    return file.exists() and file.stat().st_mtime > LONG_AGO


def test_a_loop_that_is_well_touches_the_file_and_one_that_is_not_does_not(file):
    with Liveness() as liveness:
        liveness.report(well=False)
        assert not is_fresh(file)

        liveness.report()
        assert is_fresh(file)


def test_a_loop_that_hangs_is_not_hidden_by_another_one_of_its_process(file):
    with Liveness() as lively, Liveness() as hanging:
        lively.report()
        hanging.report()
        assert is_fresh(file)
        forget(file)

        for _ in range(5):
            lively.report()
        hanging.report(well=False)

        assert not is_fresh(file)


def test_a_loop_that_has_ended_is_not_waited_for(file):
    with Liveness() as lively:
        with Liveness():
            lively.report()
        lively.report()

        assert is_fresh(file)


def test_metrics_are_shown_beside_it_also_by_who_is_not_well(file):
    RENEWALS.labels("a test").inc()
    with Liveness() as liveness:
        liveness.report(well=False)

    assert 'orderflow_consumer_renewals_total{consumer="a test"} 1.0' in Path(f"{file}.prom").read_text()


def test_without_a_file_nothing_is_written(file, settings):
    settings.HEARTBEAT_FILE = ""

    with Liveness() as liveness:
        liveness.report()

    assert list(file.parent.iterdir()) == []


def test_a_file_that_can_not_be_written_grows_old_and_ends_nothing(file):
    """curie-eng/curie#176: a full disk, or a folder that somebody tidied away, is no reason to stop working."""
    file.parent.rmdir()
    with capture_logs() as said, Liveness() as liveness:
        for _ in range(3):
            liveness.report()
        assert [line["event"] for line in said] == ["heartbeat_not_written"] * 2  # once of each of its files

        file.parent.mkdir()
        liveness.report()

    assert is_fresh(file)
