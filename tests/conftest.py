"""Fixtures for every test."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _publishing_is_explicit(settings) -> Iterator[None]:
    """No test starts a publisher thread by committing: those that publish say so."""
    settings.PUBLISH_ON_COMMIT = False
    yield
