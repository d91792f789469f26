"""A sign of life for processes that serve no HTTP: the containers' health check looks at the file's age."""

from pathlib import Path

from django.conf import settings


def beat() -> None:
    """Touch HEARTBEAT_FILE, if it is set: called by the loop that the process is there for, while it does its work."""
    if settings.HEARTBEAT_FILE:
        Path(settings.HEARTBEAT_FILE).touch()
