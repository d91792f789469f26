"""A stack for one command, deleted afterwards."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.console import Say, silent
from devstack.errors import DevstackError
from devstack.files import remove_folder
from devstack.locking import Lock
from devstack.registry import Registry, clean_up
from devstack.signals import stopping
from devstack.stack import Stack, new_stack

PREFIX = ".devstack-test-"
REGISTRY, LOCK = "processes.json", "lock"

# A folder without a lock file may be one that is being made right now.
YOUNG_SECONDS = 60


@contextmanager
def ephemeral_stack(root: Path, *, durable: bool = False, say: Say = silent) -> Iterator[Stack]:
    """A running stack in a new folder below `root`; its processes and data are gone after the block.

    `durable` keeps PostgreSQL's fsync on, for benchmarks that shall resemble a real server.
    """
    clean_up_abandoned(root, say)
    folder, lock = _new_folder(root)
    registry = Registry(folder / REGISTRY)
    registry.open()
    stack = new_stack(folder, durable=durable, registry=registry)
    try:
        say("Starting PostgreSQL and Kafka for this command only")
        stack.start(say)
        yield stack
    finally:
        stopping()
        stack.kill()
        registry.close()
        remove_folder(folder)
        lock.release()


def clean_up_abandoned(root: Path, say: Say = silent) -> None:
    """End and delete the stacks below `root` whose owner is dead."""
    for folder in root.glob(f"{PREFIX}*"):
        lock = Lock(folder / LOCK)
        if _may_be_new(folder) or not lock.acquire():
            continue
        say(f"Cleaning up after a run that was killed ({folder.name})")
        clean_up(folder / REGISTRY, grace=0)
        remove_folder(folder)
        lock.release()


def _may_be_new(folder: Path) -> bool:
    return not (folder / LOCK).exists() and time.time() - folder.stat().st_mtime < YOUNG_SECONDS


def _new_folder(root: Path) -> tuple[Path, Lock]:
    for _ in range(5):
        folder = root / f"{PREFIX}{os.getpid()}-{secrets.token_hex(2)}"
        folder.mkdir(mode=0o755)
        lock = Lock(folder / LOCK)
        if lock.acquire():
            return folder, lock
    raise DevstackError(f"no folder for a temporary stack can be made in {root}")
