"""Heartbeat and metrics files of processes that serve no HTTP, and workers of the web server that give none.

Kludex/uvicorn#2987, #632: supervisors that did not see that their workers were gone. Kludex/uvicorn#3025: one that did
not hear SIGTERM while it replaced them. HKUDS/LightRAG#3494: workers that outlived theirs.
"""

import os
import signal
import time

import psutil
import pytest

from devstack.processes.tree import is_alive
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


def ends_at_sigterm(system) -> bool:
    """Whether the web server ends in time. `system.stop` would wake up what is suspended."""
    web = system.processes["web"]
    os.kill(web.pid, signal.SIGTERM)
    wait_until(lambda: not web.is_running, within=20, what="the web server has ended")
    return web.exit_status == 0


def test_a_frozen_worker_does_not_keep_the_server_from_stopping(system):
    frozen = system.workers()[0]
    frozen.suspend()
    time.sleep(ASKED)

    assert ends_at_sigterm(system)
    assert not frozen.is_running()


def test_at_sighup_the_workers_are_replaced_and_somebody_serves_all_along(system):
    before = {worker.pid for worker in system.workers()}

    os.kill(system.processes["web"].pid, signal.SIGHUP)

    wait_until(lambda: _served(system) and before.isdisjoint(each.pid for each in system.workers()), within=60)
    assert len(system.workers()) == len(before)


def replacement_of(system, workers: list[psutil.Process]) -> psutil.Process:
    """The worker that is loading after SIGHUP, suspended: as on a machine that is too busy for it."""
    os.kill(system.processes["web"].pid, signal.SIGHUP)
    wait_until(lambda: set(system.workers()) - set(workers), what="a new worker is loading")
    (new,) = set(system.workers()) - set(workers)
    new.suspend()
    return new


def test_a_server_whose_workers_are_being_replaced_hears_sigterm(system):
    """It waited for the new worker first, for a minute."""
    new = replacement_of(system, system.workers())

    assert ends_at_sigterm(system)
    assert not is_alive(new)


def test_a_worker_that_dies_while_others_are_being_replaced_is_missed(system):
    workers = system.workers()
    new = replacement_of(system, workers)
    workers[-1].kill()

    wait_until(lambda: len(set(system.workers()) - {new, workers[-1]}) == len(workers), within=30)
    new.resume()
    wait_until(lambda: set(workers).isdisjoint(system.workers()), within=60, what="the others are replaced")


def test_a_replacement_that_cannot_load_leaves_the_others_at_work(system):
    workers = system.workers()
    new = replacement_of(system, workers)
    new.kill()

    wait_until(lambda: "workers_not_replaced" in (system.folder / "web.log").read_text(), what="it is said")
    assert set(system.workers()) == set(workers)
    assert _served(system)


def test_one_worker_more_and_one_less(system):
    workers = system.workers()

    os.kill(system.processes["web"].pid, signal.SIGTTIN)
    wait_until(lambda: len(system.workers()) == len(workers) + 1, what="there is one more")
    os.kill(system.processes["web"].pid, signal.SIGTTOU)
    wait_until(lambda: set(system.workers()) == set(workers), within=30, what="there is one less")


def test_workers_do_not_outlive_their_supervisor(system):
    """They went on with nobody to replace them, and no other server could listen at their address."""
    workers = system.workers()

    os.kill(system.processes["web"].pid, signal.SIGKILL)

    wait_until(lambda: not any(map(is_alive, workers)), within=20, what="they have ended")


def _served(system) -> bool:
    assert system.get("/health/live").status == 200
    return True
