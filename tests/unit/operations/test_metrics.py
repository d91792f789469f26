"""/metrics of several workers, which share a folder."""

import os
import subprocess
import sys
import time

from django.test import RequestFactory

from operations.metrics import metrics

WORKER = """
import sys
from prometheus_client import Counter, Gauge
Counter("served", "Requests").inc({0})
Gauge("queued", "Requests that wait", multiprocess_mode="livesum").set({0})
print("ready", flush=True)
sys.stdin.read()
"""


def worker(folder, count: int) -> subprocess.Popen[str]:
    """A process that has counted something, and runs until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER.format(count)],
        env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def read() -> dict[str, float]:
    text = metrics(RequestFactory().get("/metrics")).content.decode()
    return {
        name: float(value) for name, value in (line.rsplit(maxsplit=1) for line in text.splitlines() if line[0] != "#")
    }


# prometheus/client_python#566: why the counters of dead workers stay.
def test_workers_are_added_up_and_dead_ones_keep_what_they_counted_but_no_state(tmp_path, settings):
    settings.METRICS_FOLDER = str(tmp_path)
    with worker(tmp_path, 3) as dies, worker(tmp_path, 4):
        assert read() == {"served_total": 7.0, "queued": 7.0}

        dies.communicate()

        assert read() == {"served_total": 7.0, "queued": 4.0}


def test_a_worker_that_was_killed_while_it_made_its_file_takes_no_metrics_of_others_away(tmp_path, settings):
    """prometheus/client_python#1199. /metrics was 500 until the server was started again."""
    settings.METRICS_FOLDER = str(tmp_path)
    with worker(tmp_path, 4):
        (tmp_path / "counter_99999999.db").touch()

        assert read() == {"served_total": 4.0, "queued": 4.0}


def test_without_a_folder_a_process_tells_of_itself(settings):
    settings.METRICS_FOLDER = ""

    assert read()["process_start_time_seconds"] < time.time()


def test_a_process_whose_folder_is_gone_tells_of_itself(tmp_path, settings):
    settings.METRICS_FOLDER = str(tmp_path / "deleted")

    assert read()["process_start_time_seconds"] < time.time()


def test_a_worker_that_is_asked_while_another_one_cleans_up_answers(tmp_path, settings, monkeypatch):
    settings.METRICS_FOLDER = str(tmp_path)
    worker(tmp_path, 3).communicate()
    monkeypatch.setattr("operations.metrics.mark_process_dead", lambda *_: (_ for _ in ()).throw(FileNotFoundError))

    assert read()["served_total"] == 3.0
