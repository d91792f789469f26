"""A process that has as many files open as it may."""

import errno
import os
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection

from common import watched_connection
from messaging.retry import is_transient


@pytest.mark.django_db
def test_a_connection_for_which_no_descriptor_is_left_is_an_outage(monkeypatch):
    """Where libpq itself finds none left, it is one; this ended the relay, and was no reason to try again."""

    def fails(descriptor: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    other = connection.copy()
    monkeypatch.setattr(watched_connection, "os", SimpleNamespace(dup=fails, close=os.close))

    with pytest.raises(OperationalError, match="connection not opened: Too many open files") as caught:
        other.ensure_connection()

    assert is_transient(caught.value)
