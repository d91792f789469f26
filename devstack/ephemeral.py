"""A stack for one command, deleted afterwards."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.console import Say, silent
from devstack.errors import DevstackError
from devstack.files import remove_folder
from devstack.locking import Lock
from devstack.processes.abandoned import LOCK, PREFIX, REGISTRY, clean_up_abandoned
from devstack.processes.registry import Registry
from devstack.processes.signals import stopping
from devstack.stack import Stack, new_stack


@contextmanager
def throw_away_folder(root: Path, say: Say = silent) -> Iterator[tuple[Path, Registry]]:
    """A new folder below `root`, with a registry; after the block the folder is deleted and its processes are ended."""
    clean_up_abandoned(root, say)
    folder, lock = _new_folder(root)
    registry = Registry(folder / REGISTRY)
    registry.open()
    try:
        yield folder, registry
    finally:
        stopping()
        registry.close()
        remove_folder(folder)
        lock.release()


@contextmanager
def ephemeral_stack(root: Path, *, durable: bool = False, say: Say = silent) -> Iterator[Stack]:
    """A running stack in a new folder below `root`; after the block its processes are ended and its data deleted.

    `durable` keeps PostgreSQL's fsync on, for benchmarks.
    """
    with throw_away_folder(root, say) as (folder, registry):
        stack = new_stack(folder, durable=durable, registry=registry)
        try:
            say("Starting PostgreSQL and Kafka for this command only")
            stack.start(say)
            yield stack
        finally:
            stopping()
            stack.kill()


def _new_folder(root: Path) -> tuple[Path, Lock]:
    for _ in range(5):
        folder = root / f"{PREFIX}{os.getpid()}-{secrets.token_hex(2)}"
        folder.mkdir(mode=0o755)
        lock = Lock(folder / LOCK)
        if lock.acquire():
            return folder, lock
    raise DevstackError(f"no folder for a temporary stack can be made in {root}")
