"""Ephemeral stacks whose owner was killed."""

import time
from pathlib import Path

from devstack.console import Say, silent
from devstack.files import remove_folder
from devstack.leftovers import end_recorded
from devstack.locking import Lock

PREFIX = ".devstack-test-"
REGISTRY, LOCK = "processes.json", "lock"

# A younger folder without a lock file may just be being created.
YOUNG_SECONDS = 60


def clean_up_abandoned(root: Path, say: Say = silent) -> None:
    """End the processes of stacks below `root` whose owner is dead, and delete their folders."""
    for folder in root.glob(f"{PREFIX}*"):
        lock = Lock(folder / LOCK)
        if _may_be_new(folder) or not lock.acquire():
            continue
        say(f"Cleaning up after a run that was killed ({folder.name})")
        end_recorded(folder / REGISTRY, grace=0)
        remove_folder(folder)
        lock.release()


def _may_be_new(folder: Path) -> bool:
    return not (folder / LOCK).exists() and time.time() - folder.stat().st_mtime < YOUNG_SECONDS
