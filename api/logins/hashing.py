"""Hashing one password at a time: each takes half a second of a core, which orders need."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from api.logins.exceptions import Busy

HASHING_TIMEOUT = 5.0  # seconds

_hashing = threading.RLock()


@contextmanager
def hashing_turn(*, timeout: float) -> Iterator[None]:
    """A lock of this process, inside which one thread at a time hashes.

    Raises:
        Busy: other threads held it for `timeout` seconds.
    """
    if not _hashing.acquire(timeout=timeout):
        raise Busy
    try:
        yield
    finally:
        _hashing.release()


class OneAtATimeHasher(PBKDF2PasswordHasher):
    """Django's default hasher, by one thread at a time: for log-ins, changes of passwords, and the admin's forms."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with hashing_turn(timeout=HASHING_TIMEOUT):
            return super().encode(password, salt, iterations)
