import gc
from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started

from config import tuning


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    receivers = {signal: list(signal.receivers) for signal in (request_started, request_finished)}
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)
    for signal, before in receivers.items():
        signal.receivers[:] = before
        signal.sender_receivers_cache.clear()


def test_each_request_looks_after_its_threads_connection_once(monkeypatch):
    looks: list[str] = []
    monkeypatch.setattr(tuning, "refresh_connection", lambda: looks.append("ours"))
    monkeypatch.setattr("django.db.connections.all", lambda **_: looks.append("Django's") or [])
    tuning.tune()

    request_started.send(sender=None)
    request_finished.send(sender=None)

    assert looks == ["ours"]


def test_what_is_loaded_is_no_business_of_the_garbage_collector():
    gc.unfreeze()
    tuning.tune()

    assert gc.get_freeze_count() > 10_000
