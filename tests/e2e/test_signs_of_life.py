"""Heartbeat and metrics files of processes that serve no HTTP."""

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
