"""Hashing one password at a time: each takes half a second of a core, and the cores are for orders."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from api.logins.exceptions import Busy

HASHING_TIMEOUT = 5.0  # seconds that those wait who may

_hashing = threading.RLock()


@contextmanager
def hashing_turn(*, timeout: float) -> Iterator[None]:
    """The turn of this thread to hash; no other thread of the process has it meanwhile.

    Raises:
        Busy: others had it for as long as `timeout` (seconds).
    """
    if not _hashing.acquire(timeout=timeout):
        raise Busy
    try:
        yield
    finally:
        _hashing.release()


class OneAtATimeHasher(PBKDF2PasswordHasher):
    """Django's default, in turns. Whatever hashes passwords goes through it: log-ins, changes, the admin's forms."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with hashing_turn(timeout=HASHING_TIMEOUT):
            return super().encode(password, salt, iterations)
