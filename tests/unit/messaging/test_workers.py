"""Several consumers in one process: all are stopped within one limit."""

import threading
import time
from types import SimpleNamespace

import pytest

from messaging.consuming import workers

LIMIT = 1.0  # seconds


@pytest.fixture
def hanging(monkeypatch):
    """Consumers that do not mind that they have to stop, as in a call to a server that is away."""
    released = threading.Event()
    runner = SimpleNamespace(run=lambda: released.wait(60))
    monkeypatch.setattr(workers, "ConsumerRunner", lambda *_, **__: runner)
    monkeypatch.setattr(workers, "stop_background", lambda: None)
    monkeypatch.setattr(workers, "_STOP_LIMIT", LIMIT)
    yield [SimpleNamespace(name=name) for name in ("orders", "inventory", "invoicing")]
    released.set()


def test_consumers_that_hang_are_left_after_one_limit_for_all(hanging):
    """Their limits added up, to more than whoever stops a process gives it."""
    stopping = threading.Event()
    stopping.set()
    began = time.monotonic()

    workers.run_consumers(hanging, None, stopping)

    assert LIMIT <= time.monotonic() - began < 2.5 * LIMIT
