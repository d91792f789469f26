import os
import time

import pytest

from devstack.locking import Lock
from devstack.processes.abandoned import LOCK, PREFIX, REGISTRY, YOUNG_SECONDS, clean_up_abandoned
from tests.unit.devstack.programs import is_gone


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / f"{PREFIX}1-abcd"
    folder.mkdir()
    return folder


def test_a_stack_whose_owner_is_dead_is_ended_and_deleted(tmp_path, folder, make_process, registry):
    process = make_process()
    process.start()
    (folder / LOCK).touch()
    registry.path.rename(folder / REGISTRY)

    clean_up_abandoned(tmp_path)

    assert is_gone(process.pid)
    assert not folder.exists()


def test_a_stack_whose_owner_lives_is_left_alone(tmp_path, folder):
    lock = Lock(folder / LOCK)
    lock.acquire()

    clean_up_abandoned(tmp_path)

    assert folder.exists()
    lock.release()


def test_a_folder_that_is_being_made_right_now_is_left_alone(tmp_path, folder):
    clean_up_abandoned(tmp_path)

    assert folder.exists()


def test_a_folder_whose_making_was_interrupted_long_ago_is_deleted(tmp_path, folder):
    long_ago = time.time() - 2 * YOUNG_SECONDS
    os.utime(folder, (long_ago, long_ago))

    clean_up_abandoned(tmp_path)

    assert not folder.exists()
