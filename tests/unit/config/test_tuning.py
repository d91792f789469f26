import gc
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection
from django.db.backends.signals import connection_created

from config import tuning


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    receivers = {signal: list(signal.receivers) for signal in (request_started, request_finished, connection_created)}
    threshold = gc.get_threshold()
    yield
    for thread in Path("/proc/self/task").iterdir():
        os.sched_setscheduler(int(thread.name), os.SCHED_OTHER, os.sched_param(0))
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


def test_threads_do_not_interrupt_each_other_nor_do_those_that_start_later():
    tuning.tune()
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(os.sched_getscheduler, 0).result()

    assert os.sched_getscheduler(0) == later == os.SCHED_BATCH


@pytest.mark.django_db(transaction=True)
def test_a_query_lets_another_thread_serve_also_on_a_connection_that_was_made_anew(monkeypatch):
    said: list[str] = []

    class Blocking:
        def __enter__(self) -> None:
            said.append("blocked")

        def __exit__(self, *_: object) -> None:
            said.append("goes on")

    monkeypatch.setattr(tuning, "blocking", Blocking)
    tuning.tune()
    for _ in range(2):
        connection.close()
        said.clear()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert said == ["blocked", "goes on"]
    connection.execute_wrappers.clear()
