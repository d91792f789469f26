"""Heartbeat and metrics files of processes that serve no HTTP, and workers of the web server that give none.

Kludex/uvicorn#2987, #632: supervisors that did not see that their workers were gone.
"""

import os
import signal
import time

import pytest

from tests.waiting import wait_until


@pytest.mark.parametrize("name", ["inventory-2", "relay-2"])
def test_a_process_at_work_touches_its_heartbeat_and_shows_its_metrics(system, tmp_path, name):
    heartbeat, metrics = tmp_path / "heartbeat", tmp_path / "heartbeat.prom"
    system.start(name, HEARTBEAT_FILE=str(heartbeat))

    wait_until(heartbeat.exists, within=60, what="it beats")
    begun = heartbeat.stat().st_mtime
    wait_until(lambda: heartbeat.stat().st_mtime > begun, what="it beats again")
    assert "orderflow_publishing_failures_total" in metrics.read_text()


ASKED = 1.5  # seconds after which a worker was asked for a sign of life: that is done each half second


def test_workers_that_die_while_they_are_asked_for_a_sign_of_life_are_replaced(system):
    """The supervisor waited for their answers for a minute, in which nobody was served."""
    workers = system.workers()
    for worker in workers:
        worker.suspend()
    time.sleep(ASKED)
    for worker in workers:
        worker.kill()

    wait_until(lambda: system.get("/health/live").status == 200, within=30, what="somebody is served")


def test_a_frozen_worker_does_not_keep_the_server_from_stopping(system):
    frozen = system.workers()[0]
    frozen.suspend()
    time.sleep(ASKED)

    server = system.processes["web"]
    os.kill(server.pid, signal.SIGTERM)  # `System.stop` would thaw the worker

    wait_until(lambda: not server.is_running, within=30, what="the server has ended")
    assert server.exit_status == 0
    assert not frozen.is_running()


def test_at_sighup_the_workers_are_replaced_and_somebody_serves_all_along(system):
    before = {worker.pid for worker in system.workers()}

    os.kill(system.processes["web"].pid, signal.SIGHUP)

    wait_until(lambda: _served(system) and before.isdisjoint(each.pid for each in system.workers()), within=60)
    assert len(system.workers()) == len(before)


def _served(system) -> bool:
    assert system.get("/health/live").status == 200
    return True
