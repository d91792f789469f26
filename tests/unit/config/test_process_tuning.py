import gc
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.signals import request_finished

from config import process_tuning


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    receivers = list(request_finished.receivers)
    threshold = gc.get_threshold()
    yield
    for thread in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):  # a thread that has ended since the folder was listed
            os.sched_setscheduler(int(thread.name), os.SCHED_OTHER, os.sched_param(0))
    gc.unfreeze()
    gc.set_threshold(*threshold)
    request_finished.receivers[:] = receivers
    request_finished.sender_receivers_cache.clear()


def test_the_end_of_a_response_closes_no_connection(monkeypatch):
    """Threads are kept, and so are their connections."""
    looks: list[str] = []
    monkeypatch.setattr("django.db.connections.all", lambda **_: looks.append("Django's") or [])
    process_tuning.tune()

    request_finished.send(sender=None)

    assert looks == []


def test_what_is_loaded_is_no_business_of_the_garbage_collector():
    gc.unfreeze()
    process_tuning.tune()

    assert gc.get_freeze_count() > 10_000


def test_threads_do_not_interrupt_each_other_nor_do_those_that_start_later():
    process_tuning.tune()
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(os.sched_getscheduler, 0).result()

    assert os.sched_getscheduler(0) == later == os.SCHED_BATCH
